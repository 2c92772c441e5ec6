# shellcheck shell=bash
# What the benchmark scripts share: sourced from the top of the project.

need() {
    command -v "$1" >/dev/null || { echo "$1 is missing: install it with $2." >&2; exit 1; }
}

# Folder of PostgreSQL's client programs: Debian keeps pgbench out of PATH on some machines.
pgbench_program() {
    local program
    for program in "$(command -v pgbench || true)" /usr/lib/postgresql/*/bin/pgbench /opt/homebrew/opt/postgresql@*/bin/pgbench; do
        [ -x "$program" ] && { echo "$program"; return; }
    done
    echo "pgbench is missing: it comes with PostgreSQL's server programs (apt-get install postgresql)." >&2
    return 1
}

# A folder that PostgreSQL's user may enter, which goes with the script; processes in `running` end with it.
work=$(mktemp -d /tmp/open-commitments-bench.XXXXXX)
chmod 755 "$work"
running=()
tidy() {
    local process
    for process in "${running[@]}"; do kill "$process" 2>/dev/null || true; done
    for process in "${running[@]}"; do wait "$process" 2>/dev/null || true; done
    rm -rf "$work"
}
trap tidy EXIT
trap 'exit 130' INT TERM

# until_answers URL: waits for a service of ours.
until_answers() {
    local tries=0
    until curl -sf -o /dev/null "$1"; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || { echo "$1 does not answer; see $work/*.log" >&2; exit 1; }
        sleep 0.1
    done
}

# rate URL HEADER…: requests a second and milliseconds of the 99th in a hundred, or errors.
rate() {
    local url=$1
    shift
    wrk -t1 -c32 -d"${SECONDS_EACH:-4}s" --latency "${@/#/-H}" "$url" | awk '
        /Non-2xx/ { bad = 1 }
        /^ +99%/ { tail = $2; if (tail ~ /us$/) tail = tail / 1000; else if (tail ~ /ms$/) tail += 0; else tail = tail * 1000 }
        /Requests\/sec/ { rate = $2 }
        END { print bad ? "errors" : rate, tail + 0 }'
}
