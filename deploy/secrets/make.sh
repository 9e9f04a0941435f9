#!/bin/sh
# Makes the stack's secrets once, each into the folder of whoever may read it. What is there stays.
# A folder is a volume mounted by its readers alone; a file belongs to the user that reads it.
set -eu
umask 077

service=10001   # the user in our images
postgres=999    # the user in PostgreSQL's

keep() { # VALUE FILE OWNER: whole or not at all
    [ ! -e "$2" ] || return 0
    [ "${#1}" -ge 32 ] || { echo "too short for a secret: $2" >&2; exit 1; }
    printf '%s' "$1" >"$2.new"
    chmod 0400 "$2.new"
    chown "$3:$3" "$2.new"
    mv "$2.new" "$2"
    echo "made $2"
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
keep "$(made)" /secrets/appraisal/secret.key $service
keep "$(made)" /secrets/portal/session.key $service
