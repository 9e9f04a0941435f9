"""Steps of the delivery tables' schema: the same in every service's migrations."""
