#!/usr/bin/env bash
# Makes the secrets that docker-compose.yml mounts, random and new, in var/compose; what is there stays.
# Also writes .env with the user that the containers run as, so that they can read their files and nobody else can.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p var
umask 077
folder=var/compose
mkdir -p "$folder"

random() { head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

# Keeps a file that is there; else writes what it is given on its standard input.
secret() {
    [ ! -e "$folder/$1" ] || return 0
    cat >"$folder/$1.new"
    mv "$folder/$1.new" "$folder/$1"
    echo "made $folder/$1"
}

random | secret postgres_password
echo "postgresql+psycopg://kyso:$(cat "$folder/postgres_password")@postgres:5432/kyso" | secret database_url
random | cut -c1-20 | secret s3_access_key
random | secret s3_secret_key
secret s3_identities.json <<EOF
{"identities": [{"name": "kyso", "actions": ["Admin", "Read", "Write", "List", "Tagging"], "credentials":
  [{"accessKey": "$(cat "$folder/s3_access_key")", "secretKey": "$(cat "$folder/s3_secret_key")"}]}]}
EOF
# Without these the inner servers of SeaweedFS would let anybody on their network delete what is locked.
secret seaweedfs_security.toml <<EOF
[jwt.signing]
key = "$(random)"
[jwt.signing.read]
key = "$(random)"
[jwt.filer_signing]
key = "$(random)"
[jwt.filer_signing.read]
key = "$(random)"
[s3.sse]
kek = "$(random)"
EOF

user=$(id -u):$(id -g)
if [ "$(id -u)" -eq 0 ]; then # containers do not run as root
    user=10001:10001
    chown -R "$user" "$folder"
fi
[ -e .env ] || { echo "KYSO_USER=$user" >.env; echo "made .env"; }
