"""Dialogues as data: menus that USSD shows and voice can read out. Pure: no clock, no input or output."""
