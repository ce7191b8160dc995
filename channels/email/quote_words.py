"""What mail programs write before a mail that they quote, in the languages of their users."""

from __future__ import annotations


def _listed(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.replace("\n", "|").split("|") if one.strip())


#: the end of "On that day, somebody wrote:"
WROTE = _listed("""
    wrote | writes | schrieb | schreef | a écrit | escribió | escreveu | ha scritto | scrisse | skrev | napisał
    napisał(a) | пишет | написал | написал(а) | написала | kirjoitti | a scris | yazdı | napsal | írta
    schreef het volgende | va escriure | 写道 | 寫道 | việt
""")
#: its beginning
OPENING = tuple(
    f"{one} "
    for one in _listed("""
        on | am | le | el | em | op | il | den | pada | w dniu | dnia | at | quoting | il giorno | ma | vào | a | von
        in a message dated
    """)
)
#: between dashes in a line of its own
ORIGINAL = frozenset(
    _listed("""
        original message | forwarded message | original appointment | reply message | ursprüngliche nachricht
        originalnachricht | weitergeleitete nachricht | message d'origine | message original | message initial
        message transféré | mensaje original | mensaje reenviado | mensagem original | mensagem encaminhada
        oorspronkelijk bericht | origineel bericht | doorgestuurd bericht | messaggio originale | messaggio inoltrato
        ursprungligt meddelande | oprindelig meddelelse | oprindelig besked | original besked | videresendt besked
        opprinnelig melding | alkuperäinen viesti | wiadomość oryginalna | wiadomość przekazana | исходное сообщение
        пересылаемое сообщение | původní zpráva | eredeti üzenet | orijinal mesaj | 원본 메시지 | 原始邮件 | 原始郵件
    """)
)
#: the lines of an Outlook header
FROM = frozenset(
    _listed("""
        from | von | de | van | da | från | fra | di | lähettäjä | od | от | kimden | expéditeur | remitente | mittente
        发件人 | 寄件者 | 差出人
    """)
)
SENT = frozenset(
    _listed("""
        sent | date | dato | gesendet | datum | envoyé | enviado | enviado el | enviada | fecha | data | verzonden
        inviato | skickat | sendt | lähetetty | wysłano | отправлено | дата | gönderme | tarih
        发送时间 | 日期 | 送信日時
    """)
)
TO = frozenset(
    _listed("""
        to | an | à | a | para | aan | till | til | vastaanottaja | do | кому | kime | destinataire | cc | kopie | copie
        copia | bcc | reply-to | 收件人 | 宛先
    """)
)
SUBJECT = frozenset(
    _listed("""
        subject | betreff | objet | asunto | assunto | onderwerp | oggetto | ämne | emne | aihe | temat | тема | konu
        sujet | предмет | 主题 | 主旨 | 件名
    """)
)
