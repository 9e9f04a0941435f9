"""How the services are brought to life: on a laptop, in a cluster, and by the `kinerja` command."""
