"""USSD: dialogues over short codes, by the gateways that carry them. All speak of the same turns in other words."""
