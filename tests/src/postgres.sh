# A PostgreSQL for one process of tests: $1 is the folder of its programs, $2 the verifier of the password of its user
# `earshot`.
# Reads one command in each line, and answers each with a line that begins with "ok" or "failed".
set -u
bin=$1
folder=$(mktemp -d /tmp/earshot-postgres.XXXXXX) || exit
cd "$folder" || exit
ctl() {
    "$bin/pg_ctl" "$@" --pgdata=data --silent --wait
}
# However the tests end, their ends of the pipes close, and with them this: a command may still be under way, and its
# answer must not be the end before the server's.
trap '' PIPE
trap 'exit 1' HUP INT TERM
trap 'ctl stop --mode=immediate </dev/null >/dev/null 2>&1; rm -rf "$folder"' EXIT

make() {
    printf %s "$1" >password
    "$bin/initdb" --pgdata=data --no-sync --username=earshot --pwfile=password \
        --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 --locale=C
}
# Nothing of it has to outlive a power failure.
start() {
    ctl start --log=server-log --options="-F -h 127.0.0.1 -p $1 -k '$folder'"
    port=$1
}
psql() {
    "$bin/psql" --no-psqlrc --set=ON_ERROR_STOP=1 --host="$folder" --port="$port" --username=earshot \
        --dbname="$1" --command="$2"
}
answer() {
    if "$@" </dev/null >>log 2>&1; then
        echo ok
    else
        echo "failed: $* $(cat log server-log 2>&1 | tail -n 20 | tr '\n' ' ')"
    fi
}

answer make "$2"
while read -r command first rest; do
    case $command in
        start) answer start "$first" ;;
        stop) answer ctl stop --mode=fast ;;
        sql) answer psql "$first" "$rest" ;;
    esac
done
