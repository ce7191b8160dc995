"""What a mail server must be told before it carries our mail: any of them, and the two large ones by name."""

from __future__ import annotations

from channels.needs import Needs, Step

NEEDS = Needs(
    name="a mail server",
    steps=(
        Step(
            "Have the mail server's administrators make a mailbox for this account alone: its folder is emptied into "
            "another one as we read. Its own automatic replies and forwarding stay off.",
            keys=("address", "user"),
        ),
        Step(
            "With an ordinary server: put the mailbox's password where the account block points. Where people log in "
            "with a second step, make an app password for it.",
            keys=("password",),
        ),
        Step(
            "With Microsoft 365: in the Entra admin centre, under App registrations, register an application, give it "
            "the application permissions IMAP.AccessAsApp and SMTP.SendAsApp of Office 365 Exchange Online, grant "
            "admin consent, and make a client secret. In Exchange Online PowerShell, New-ServicePrincipal and "
            "Add-MailboxPermission let it into this one mailbox; authenticated SMTP must be on for the mailbox. "
            "token_url is https://login.microsoftonline.com/TENANT/oauth2/v2.0/token, scope "
            "https://outlook.office365.com/.default.",
            keys=("token_url", "client_id", "client_secret", "scope"),
        ),
        Step(
            "With Google Workspace: in the Cloud console, under APIs and Services, make an OAuth client, consent once "
            "as the mailbox with the scope https://mail.google.com/, and keep the refresh token. token_url is "
            "https://oauth2.googleapis.com/token. An app password does as well where the organisation allows one.",
            keys=("refresh_token",),
        ),
        Step(
            "Enter the servers. Ports are 993 with tls for IMAP and 587 with starttls for SMTP almost everywhere. "
            "Without imap_host nothing is fetched, and the callback below must bring the mail.",
            keys=("imap_host", "imap_port", "imap_security", "smtp_host", "smtp_port", "smtp_security"),
        ),
        Step(
            "Read mail goes into done_folder, what is over largest_megabytes into large_folder; both are made where "
            "they are missing. Let the server delete what is old there as your own rules say: we keep every mail.",
            keys=("folder", "done_folder", "large_folder", "largest_megabytes"),
        ),
        Step(
            "Let the server deliver what stands behind a plus sign (name+anything@domain) into the same mailbox, and "
            "send yourself such a mail. The signature in it proves which mail an answer belongs to. Where the server "
            "cannot, set plus_addresses = false.",
            keys=("plus_addresses", "token_secret"),
        ),
        Step(
            "In the domain's DNS, publish SPF and DKIM for the server that sends, and DMARC with reports to somebody "
            "who reads them. Without them large providers refuse our mail or take it for spam.",
        ),
        Step(
            "Look at the source of any mail in the mailbox: the first word after Authentication-Results is your "
            "server's own name. Put it into trusted_server, and the desk shows who is who they say. The server must "
            "remove such lines from mails that come from outside.",
            keys=("trusted_server",),
        ),
        Step(
            "A scanner that mails its scans may write to this mailbox: put its address into scanner and the account "
            "of letters into scans_to, and its files become letters. What else it writes stays a mail.",
            keys=("scanner", "scans_to"),
        ),
        Step(
            "A provider that hands over mail by HTTP posts the whole mail to this address, as message/rfc822. It is "
            "not needed where imap_host is set.",
            event="inbound",
        ),
        Step("Send a test below, then write to the mailbox from an address of your own."),
    ),
    trust=(
        "What comes over IMAP is what lies in the mailbox. To the callback the secret in its address lets mail in: "
        "show it to nobody who does not enter it. A mail proves nothing by its sender: it answers a mail of ours "
        "only if that one went to the same address, and one to an address with a wrong signature is held."
    ),
    limits=(
        "Most servers take mails of 20 to 35 megabytes, and so many a minute or a day: keep per_minute below that.",
        "No delivery report comes. What does not arrive comes back as a notice, which stands on the message.",
        "A server locks out who knocks with a wrong password again and again: after a refusal we wait 15 minutes.",
    ),
)
