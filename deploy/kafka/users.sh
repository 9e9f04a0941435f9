#!/bin/sh
# Makes Kafka's users, or sets their passwords anew, from the files in /run/secrets:
#   docker compose … exec -T kafka sh -s <deploy/kafka/users.sh              all users
#   docker compose … exec -T kafka sh -s training <deploy/kafka/users.sh     one
# Passwords go in by standard input, never by a command line that others could list.
set -eu
[ $# -gt 0 ] || set -- admin operator appraisal training notifications
for user; do
    printf 'SCRAM-SHA-512=password=%s\n' "$(cat "/run/secrets/$user.password")" |
        /opt/kafka/bin/kafka-configs.sh --bootstrap-server 127.0.0.1:9092 --alter \
            --entity-type users --entity-name "$user" --add-config-file /dev/stdin
done
