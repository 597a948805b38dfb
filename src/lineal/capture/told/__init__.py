"""What a program's interpreters told: events of the spool, put together by one function a kind."""
