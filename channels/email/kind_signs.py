"""Words and fields by which a machine's mail is told from a person's."""

from __future__ import annotations

from channels.email.rules import phrases

#: subjects with which mail servers begin a notice of failure, in their own languages
FAILURE_SUBJECTS = phrases("""
    undeliver | undelivered | delivery status notification | returned mail | returned message | returned to sender
    returning message | returning to sender | delivery fail | delivery has failed | delivery failure
    delivery problem | delivery notification | delivery report | failure notice | mail failed | mail failure
    could not be delivered | could not send message | non delivery | non-delivery | delayed mail | delayed
    user unknown | unknown user | unzustellbar | non remis | no se puede entregar | onbestelbaar | не доставлено
    mail could not be | permanent error | mail delivery | deferred
""") + phrases(
    """
    delivery error | delivery warning | delivery delayed | delivery unsuccessful | failure delivery | failed delivery
    mail system error | mail error | mail status report | cannot send your message | not delivered | nondeliverable
    non-deliverable | message delayed | nicht zustellbar | non-remise | não foi possível entregar | não entregue
    impossibile recapitare | недоставлен | rejected mail | message rejected | expired mail | returned:
    """,
    lone=True,
)
#: Postfix's and Exchange's words for a report that was asked for
SUCCESS_SUBJECTS = phrases("""
    successful mail delivery report | delivery status notification (success) | delivery status notification (relay)
""") + phrases(
    """
    successfully delivered | return receipt
    """,
    lone=True,
)
#: what such a notice says in its text
FAILURE_TEXTS = phrases("""
    could not be delivered | couldn't be delivered | cannot be delivered | could not deliver | unable to deliver
    wasn't able to deliver | failed to deliver | wasn't delivered | not been delivered | not yet been delivered
    delivery failed | delivery has failed | delivery to the following | failed permanently | did not reach
    fatal errors | permanent error | undeliverable | undelivered | returned to sender | no valid recipients
    user unknown | unknown user | unknown recipient | mailbox full | mailbox is full | quota exceeded | over quota
    host unknown | has been rejected | was rejected | не может быть доставлено | error was detected while processing
    error has occurred while attempting to deliver | message could not be | mail could not be | has been delayed
    does not exist | no message collected | delivery report | diagnostic | transcript of session
""") + phrases(
    """
    can not be delivered | can't be delivered | couldn't deliver | not able to deliver | was not delivered
    delivery of email to | didn't reach | not accepting mail | is being returned | non recapitato | n'a pas pu être
    konnte nicht zugestellt | nicht zugestellt werden | no se pudo entregar | não pôde ser entregue
    não foi possível entregar
    """,
    lone=True,
)
#: names with which mail servers sign
SERVER_NAMES = phrases("""
    mail delivery s | mail deliver | mail system | system administrator | delivery subsystem | mailer-daemon
    mailer daemon | microsoft exchange | microsoft outlook | lsmtp
""") + phrases(
    """
    mail administrator | mail router | internet mail delivery | smtp gateway | mail transfer agent | mdaemon
    """,
    lone=True,
)
SERVER_ADDRESSES = ("mailer-daemon", "mailerdaemon", "postmaster", "mdaemon", "mail-daemon", "mail_daemon", "bounce")
#: addresses at which nobody reads
SILENT_ADDRESSES = (
    "noreply", "no-reply", "no_reply", "no.reply", "donotreply", "do-not-reply", "do_not_reply", "nepasrepondre",
    "nao-responda", "noresponder", "no-responder",
)  # fmt: skip
#: fixed beginnings that mail programs give automatic answers: the documented defaults of Exchange and Outlook in its
#: languages, Lotus Notes' and vacation(1)'s
AWAY_BEGINNINGS = (
    "out of office", "out of the office", "automatic reply", "autoreply", "auto-reply", "auto reply", "auto:",
    "automatische antwort", "abwesenheitsnotiz", "réponse automatique", "absence du bureau", "respuesta automática",
    "fuera de la oficina", "resposta automática", "automatisch antwoord", "afwezig", "risposta automatica",
    "fuori sede", "autosvar", "automatiskt svar", "automatisk svar", "automaattinen vastaus", "autorespuesta",
    "automatic response", "autoresponse", "auto response", "away from my mail", "odpowiedź automatyczna",
    "автоответ", "vacation:", "vacation reply",
)  # fmt: skip
#: said in a subject or text: one of two signs that are needed
AWAY_WORDS = phrases("""
    out of office | out of the office | automatic reply | automatically generated | autoreply | réponse automatique
    respuesta automática | resposta automática | risposta automatica
""") + phrases(
    """
    of the office returning | automatic response | automated response | automated reply | auto-reply | autoresponse
    auto-response | autoresponder | i am away | i'm away | i will be away | on vacation | on annual leave
    on leave until | currently away | limited access to my email | unable to read your message | abwesend
    nicht im büro | außer haus | absent du bureau | actuellement absent | fuera de la oficina | fora do escritório
    afwezig | niet op kantoor | fuori ufficio | this is the only notification you will receive
    thank you for contacting us
    """,
    lone=True,
)
#: fields that only responders set
RESPONDER_FIELDS = (
    "x-autoreply", "x-autorespond", "x-autoresponder", "x-autoreply-from", "x-mail-autoreply", "x-autogenerated",
    "x-auto-response", "x-autogenerated-reply", "x-vacation", "x-auto-reply",
)  # fmt: skip
LIST_FIELDS = (
    "list-id", "list-post", "list-unsubscribe", "list-help", "list-subscribe", "list-owner", "list-archive",
    "mailing-list", "x-mailing-list", "x-beenthere", "x-mailman-version", "x-list", "x-listserver", "x-ml-name",
)  # fmt: skip
BULK_FIELDS = ("feedback-id", "x-campaign", "x-campaignid", "x-mailchimp-id", "x-csa-complaints", "x-feedback-id")
#: a challenge says that mail is held, asks for an act, and gives a link; all on the word of one file and of TMDA's
#: and ASK's own templates
HELD = phrases(
    """
    is protected by | has been held | is being held | being held until | awaiting confirmation
    has not been delivered yet | sender verification | anti-spam
    """,
    lone=True,
)
PROVE = phrases(
    """
    allowed list | whitelist | approved senders | list of approved | confirm that you are | confirm your message
    prove that you are | you are a human | click on the following link | click the link below to
    """,
    lone=True,
)
#: Hotmail's complaints are no ARF: they carry the mail with this field (Microsoft's Junk Mail Reporting Program)
COMPLAINT_FIELD = "x-hmxmroriginalrecipient"
