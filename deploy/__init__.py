"""How the services are brought to life: the laptop's stack, the cluster's, and the `kinerja` command."""
