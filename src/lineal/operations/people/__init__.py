"""Who may do what: accounts, tokens, roles, and what each of them sees."""
