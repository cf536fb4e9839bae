# A chromedriver for tests: $1 is the program, $2 its port, $3 the home of its browser.
# However the tests end, their end of the pipe closes, and with it this ends: driver, browser, and home.
set -u
# What the driver says may have no reader any more, and it must end its browser all the same.
trap '' PIPE
HOME=$3 TMPDIR=$3 "$1" "--port=$2" &
driver=$!
# Ctrl-C ends the tests and the reader below alike.
trap : HUP INT TERM
cat >/dev/null
# Killed, it would leave its browser running.
curl --silent --max-time 10 "http://127.0.0.1:$2/shutdown" >/dev/null || kill "$driver"
wait
rm -rf "$3"
