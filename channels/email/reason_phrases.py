"""Words by which servers say why, in the order in which they are looked for: what is sure before what is general.

A phrase that is not ``lone`` stands in two unrelated files of test data, or in what is published of Postfix, Exim,
Sendmail, qmail with vpopmail, Courier, OpenSMTPD, Domino, IMail, Exchange, Gmail or Yahoo, in RFC 3463 and 7208, or is
the name of a list of blocked senders. All others are common words of servers that nobody has shown us twice.
"""

from __future__ import annotations

from channels.email.mail import Reason
from channels.email.rules import Rule, phrases

Words = tuple[tuple[Reason, tuple[Rule, ...]], ...]
#: what a server says of this one refusal, also against its code
SURE: Words = (
    (
        Reason.MAILBOX_FULL,
        phrases("""
            out of storage space | mailbox full | mailbox is full | quota exceeded | over quota
            insufficient disk space | is out of storage | mailfolder is full | mailbox for user is full
            maildir over quota | maildir delivery failed: userdisk quota | maildir delivery failed: domaindisk quota
        """)
        + phrases(
            """
            mailbox exceeds | exhausted allowed storage | too many messages on the server
            mailbox exceeded the local limit | allowed disk space | not enough storage space | mail box is full
            recipient's mailbox is full | mailbox is too full | storage allocation | over the allowed quota
            over the maximum allowed | quota has been exceeded | exceeded the quota | over storage
            reached the limit of | mailbox was full | mail box full | mailbox exceeded | mailbox has exceeded
            mailbox size limit | mailbox limit exceeded | mailbox quota | mail quota exceeded | quota full
            exceeded storage | exceeded its quota | exceeds quota | overquota | over the quota | out of quota
            user's quota | disk quota | user is over the quota | storage quota | storage limit | exceeded email quota
            account is full | inbox is full | full mailbox | recipient overquota | too much mail data
            mail box space not enough | has reached its quota | no space left in mailbox
            """,
            lone=True,
        ),
    ),
    (
        Reason.TOO_LARGE,
        phrases("""
            message too large | message size exceeds | larger than the current system limit | message length exceeds
            resolver.rst.recipsizelimit | resolver.rst.sendsizelimit
        """)
        + phrases(
            """
            message is too large | message too big | exceeds maximum message size | exceeded message size
            message file too big | size limit exceeded | exceeds size limit | exceeds the maximum size
            max message size | too large to process | message header size exceeds | mail file size exceeds
            line limit exceeded
            """,
            lone=True,
        ),
    ),
    (
        Reason.ADDRESS_MOVED,
        phrases(
            """
            has been replaced by | user has moved | has moved to | address has changed | no longer at this address
            recipient has moved
            """,
            lone=True,
        ),
    ),
    (
        Reason.VIRUS,
        phrases(
            """
            virus detected | virus found | infected with | contains a virus | your message was infected | malware
            clamav | a virus was found | contained virus
            """,
            lone=True,
        ),
    ),
    (
        Reason.AUTHENTICATION,
        phrases("""
            authentication information or fails | fails to pass | dmarc | does not designate | openspf.org
            openspf.net | unauthenticated email from | unauthenticated mail is prohibited
            domain owner discourages use of this host | sender policy framework
        """)
        + phrases(
            """
            senderid | domain-based message authentication | spoof | dkim check | dkim signature | dkim fail
            dkim-fail | no dkim | dkim = did not | dkim or spf | spf or dkim | spf check | spf record | has an spf
            sender id | spf check failed | spf fail | spf: fail | spf-fail | is not allowed to send mail from
            not authorized to send from this domain | doesn't pass authentication | sender does not pass
            """,
            lone=True,
        ),
    ),
    (
        Reason.SENDER_BLOCKED,
        phrases("""
            refused to talk to me | unwanted messages have been sent from | due to user complaints | helo command
            my name was rejected | dnsbl | rbl | spamhaus | spamcop | sorbs | barracudanetworks.com/reputation
            senderbase | senderscore | banned sending ip | client host rejected | cannot find your hostname
            cannot find your reverse hostname | ptr record | helo command rejected
        """)
        + phrases(
            """
            is banned | banned ip | listed by | bad dns ptr | not accepting connections from | rejecting mail from
            connection denied | client host blocked | service refused | bad helo | ip has been | ip address has been
            ip addresses | adresse ip | does not resolve | no reverse | missing reverse | not in dns | mail from your
            mail from ip | is listed | are listed | smtp server of your isp | use your isp
            cannot resolve your address | your host is not | your server is not | untrusted | not a mail exchanger
            may not be mail exchanger | blocked due to | blacklist | black list | blocklist | block list
            bad reputation | poor reputation | low reputation | reputation of | ip reputation | your ip
            from ip address | unable to find reverse | reverse dns | rdns | no ptr | fix reverse | dynamic ip
            generic reverse | access from ip | connections not accepted from | you are not allowed to connect
            not allowed to connect | blocked for abuse | domain has been blocked | network is blocked
            host is blocked
            """,
            lone=True,
        ),
    ),
    (
        Reason.SPAM,
        phrases("""
            bulk email | phish | message content | spam | unsolicited | content rejected | message content rejected
            uribl | surbl
        """)
        + phrases(
            """
            unwanted | classified as | identified as | suspicious content | prohibited content | questionable content
            cloudmark | junk mail | message looks like | considered bulk | rejected due to content
            appears to be unsolicited | contains a url | bulk mail
            """,
            lone=True,
        ),
    ),
    (
        Reason.RELAYING,
        phrases("""
            relaying denied | relay access denied | relay not permitted | not in my list of allowed rcpthosts
            isn't in my list of allowed rcpthosts | isn't in my control/locals file
        """)
        + phrases(
            """
            as a relay | relaying | relay denied | unable to relay | relaying not permitted | relaying not allowed
            not a relay | we do not relay | relaying prohibited
            """,
            lone=True,
        ),
    ),
    (
        Reason.SENDER_REFUSED,
        phrases("""
            my sender was rejected | i couldn't identify the sender | permission to post | sender address rejected
            sender verify failed | sender domain must exist | domain of sender address
        """)
        + phrases(
            """
            not allowed to post | not authorized to post | rule imposed mailbox access | sender's address
            sender not allowed | sender is blocked | sender not permitted | rejecting sender | from this sender
            mail from address | sender domain | invalid mail from | your email address has been | sender not
            sender is not | sender's domain | domain in from | message rejected because of your address
            sender rejected | sender denied | unrouteable sender | invalid sender | domain of sender | sender unknown
            backscatter protection | not authorized to send | not permitted to send | you are not a member
            only members | only subscribers | non-member | submit only
            """,
            lone=True,
        ),
    ),
    (
        Reason.MAILBOX_CLOSED,
        phrases("""
            account that you tried to reach is inactive | account that you tried to reach is disabled
            mailbox disabled | disabled or discontinued | unavailable to take delivery
        """)
        + phrases(
            """
            domain is suspended | temporarily disabled | mailbox currently suspended | currently suspended
            is not active | mailbox is disabled | temporarily suspended | has been deactivated | deactivated mailbox
            account is disabled | account disabled | account has been disabled | has been disabled | is inactive
            inactive user | account inactive | mailbox is inactive | mailbox unavailable or access denied
            account suspended | has been suspended | suspended account | is suspended | user suspended
            account is locked | account expired | not active | account deactivated | temporarily locked
            not accepting mail | not accepting messages | user is disabled | recipient suspend the service
            out of service
            """,
            lone=True,
        ),
    ),
    (
        Reason.CONTENT,
        phrases("""
            headers too large | multiple addresses in from | messages missing | missing a valid | messageid | not rfc
            rfc 5322 | improper use of 8-bit
        """)
        + phrases(
            """
            header too large | multiple addresses in | date header | more than one from | rfc5322 | rfc 2822 | rfc2822
            rfc 822 | not compliant | duplicate header | multiple from | header is missing | missing header
            attachment is not | attachments are not | non-ascii
            """,
            lone=True,
        ),
    ),
    (
        Reason.NO_SUCH_DOMAIN,
        phrases("""
            host unknown | unknown host | name or service not known | couldn't find any host | unrouteable mail domain
            all relevant mx records point to non-existent | name service error
        """)
        + phrases(
            """
            host not found | hostname unknown | domain not found | domain does not exist | domain not exist
            domain is not reachable | unknown domain | no such domain | could not find any host
            no mail hosts for domain | nxdomain | no route to domain | invalid domain | illegal host/domain
            can't find domain
            """,
            lone=True,
        ),
    ),
    (
        Reason.NO_SUCH_ADDRESS,
        phrases("""
            recipient no longer | no longer accepts mail | address you entered | invalid final delivery userid
            email account that you tried to reach does not | no longer on server | no such | no mailbox | user unknown
            unknown user | unknown recipient | no such user | no mailbox here by that name | user not found
            does not exist | doesn't exist | not exist | recipient not found | recipnotfound
            recipient address rejected: access denied | recipient name is not recognized | invalid recipient
            invalid mailbox | bad destination mailbox | couldn't be found | wasn't found at
            email address could not be found | this user doesn't have a | not listed in | undeliverable address
            unrouteable address | recipient verify failed
        """)
        + phrases(
            """
            account has been deleted | non-existent | nonexistent | unknown email | unknown e-mail | unroutable
            addressee unknown | invalid receiver | user unkown | recipient cannot be verified | unable to verify
            user is unknown | e-mail address was not found | undefined mail | no email account
            recipients are unknown | did not exist | recipients unknown | mail receiver unknown | addressee is unknown
            not an active address | no longer valid | no longer available | no longer in use | is unknown | unknown to
            no recipient | not found in | does not have an account | not a user | isn't a valid | recipient is not
            invalid final delivery user | not have a mailbox | could not be found | not our user | account unavailable
            recipient unknown | unknown address | address unknown | unknown or illegal user | unknown local
            unknown mailbox | unknown account | no such recipient | no such mailbox | no such address
            no such account | no such person | no mailbox by that name | no mailbox found | no account by that name
            user doesn't exist | user does not exist | user doesn't have | doesn't have an account | didn't exist
            not a valid user | not a known user | not a valid recipient | not a valid mailbox | not our customer
            invalid address | invalid user | invalid addressee | bad address | could not be found at | was not found
            mailbox not found | mailbox does not exist | mailbox not available | account not found | account closed
            no user by that name | user not known | is not a local user | not recognized | recipient rejected
            no such local user | address not present | bad recipient | list unknown | not known at this
            not a registered | address not known
            """,
            lone=True,
        ),
    ),
    (
        Reason.TAKES_NO_MAIL,
        phrases("""
            does not accept mail | null mx | nullmx
        """)
        + phrases(
            """
            does not accept any mail | doesn't accept mail | host does not receive | smtp service not available
            no mail accepted
            """,
            lone=True,
        ),
    ),
    (
        Reason.TOO_MANY,
        phrases("""
            too many connections | receiving mail at a rate | sending limit
        """)
        + phrases(
            """
            too many messages | too many mails | too many recipients | too many concurrent | too many errors
            too fast | too frequently | rate limit | rate that | exceeded the rate | throttl | try again later, too
            daily limit | concurrent connections
            """,
            lone=True,
        ),
    ),
    (
        Reason.SECURITY,
        phrases("""
            must issue a starttls
        """)
        + phrases(
            """
            authentication required | authentication failed | tls required | starttls | certificate | attachment type
            executable file | dangerous
            """,
            lone=True,
        ),
    ),
    (
        Reason.NETWORK,
        phrases("""
            no route to host | network is unreachable | too many hops | hop count exceeded | mail loop | routing loop
            loops back to myself | lost connection | malformed or unexpected name server reply
        """)
        + phrases(
            """
            network unreachable | network error | host is unreachable | host unreachable | message looping
            loop detected | connection lost | connection reset | connection dropped
            """,
            lone=True,
        ),
    ),
)
#: what is said of many refusals, or is said besides: the code comes first
GENERAL: Words = (
    (
        Reason.TIMED_OUT,
        phrases("""
            failing for a long time | operation timed out | wasn't able to establish | will be retried
            delivery attempts will continue | retry timeout exceeded | retry time not reached | has been in the queue
            on the queue | not been delivered | in the queue too long | could not be delivered for more than
            delivery time expired | timed out | timeout | after multiple retries | message could not be delivered for
            giving up on | connection refused | envelope expired
        """)
        + phrases(
            """
            did not respond | no response from | was not reachable within | connection expired
            could not be delivered within | has not been collected | expired | too long in queue | queue too long
            delivery timed out | delivery expired | message expired | time out | not able to connect
            could not connect | couldn't connect | cannot connect | unable to connect | no answer from
            not responding | was delayed
            """,
            lone=True,
        ),
    ),
    (
        Reason.SERVER_FAULT,
        phrases("""
            service unavailable | temporary failure | insufficient system | command output | unknown mailer error
            mailer error | can't create | cannot open | local delivery failed | exit status | child process
            aliasing/forwarding loop
        """)
        + phrases(
            """
            local configuration error | configuration error | system error | internal error | mail system problem
            local error | command failed | pipe to | disk full | server error | out of memory | deferred transport
            bad system config | server misconfig
            """,
            lone=True,
        ),
    ),
    (
        Reason.SENDER_REFUSED,
        phrases("""
            in reply to mail from | after mail from
        """),
    ),
    (
        Reason.NO_SUCH_ADDRESS,
        phrases("""
            mailbox unavailable | recipient address rejected | address rejected
        """)
        + phrases(
            """
            address is invalid | user is invalid
            """,
            lone=True,
        ),
    ),
    (
        Reason.POLICY,
        phrases("""
            policy
        """)
        + phrases(
            """
            prohibited | not permitted | not allowed | administratively | security reasons | you have been blocked
            """,
            lone=True,
        ),
    ),
    (
        Reason.SENDER_BLOCKED,
        phrases("""
            blocked
        """)
        + phrases(
            """
            access denied
            """,
            lone=True,
        ),
    ),
)
