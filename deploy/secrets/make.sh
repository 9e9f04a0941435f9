#!/bin/sh
# Makes the stack's secrets once, each into the folder of whoever may read it. What is there stays.
# A folder is a volume mounted by its readers alone; a file belongs to the user that reads it.
set -eu
umask 077

service=10001   # the user in our images
postgres=999    # the user in PostgreSQL's
kafka=1000      # the user in Apache Kafka's

keep() { # VALUE FILE OWNER: whole or not at all
    [ ! -e "$2" ] || return 0
    [ "${#1}" -ge 32 ] || { echo "too short for a secret: $2" >&2; exit 1; }
    rm -f "$2.new" # of a run that was killed
    printf '%s' "$1" >"$2.new"
    chmod 0400 "$2.new"
    chown "$3:$3" "$2.new"
    mv "$2.new" "$2"
    echo "made $2"
}

give() { # FILE FOLDER NAME OWNER: a certificate, which is renewed from time to time
    rm -f "$2/$3.new"
    cat "$1" >"$2/$3.new"
    chmod 0400 "$2/$3.new"
    chown "$4:$4" "$2/$3.new"
    mv "$2/$3.new" "$2/$3"
}

made() { # 256 bits from the system, in letters and digits
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

keep "$(made)" /secrets/postgres/postgres.password $postgres
for name in appraisal training notifications; do
    own=/secrets/postgres/$name.password
    keep "$(made)" "$own" $postgres
    password=$(cat "$own") # an assignment, so that a failure ends the script
    keep "$password" /secrets/$name/database.password $service
done
# Users of Kafka, where it asks for them (docker-compose.secure.yml).
if [ -d /secrets/kafka ]; then
    keep "$(made)" /secrets/kafka/admin.password $kafka
    for name in appraisal training notifications operator; do
        own=/secrets/kafka/$name.password
        keep "$(made)" "$own" $kafka
        password=$(cat "$own")
        keep "$password" /secrets/$name/kafka.password $service
    done
fi
keep "$(made)" /secrets/appraisal/secret.key $service
keep "$(made)" /secrets/portal/session.key $service
# Certificates, where they are given: a server's key and certificate in one file, the authority's
# for all who must recognise it.
if [ -d /given ]; then
    give /given/kafka.pem /secrets/kafka server.pem $kafka
    give /given/postgres.pem /secrets/postgres server.pem $postgres
    for name in appraisal training notifications operator; do
        give /given/authority.pem /secrets/$name authority.pem $service
    done
fi
