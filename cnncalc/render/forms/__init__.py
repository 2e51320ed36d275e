"""What every format shares: tables as data, text, markup."""
