"""The law: who may do what, when. `decide` is the way in; the audit asks the same functions over a record."""
