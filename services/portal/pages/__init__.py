"""The portal's pages: each asks the services in the visitor's name and shows what they answer."""
