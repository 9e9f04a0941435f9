"""One folder, one service, one database. Services meet only in `shared.events`."""
