"""The rules, told as stories and held as laws."""
