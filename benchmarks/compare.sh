#!/usr/bin/env bash
# Measures Gamelan and other engines in turn (A B A B ...), and prints how they compare:
#   benchmarks/compare.sh PEERS_FOLDER [WORKLOAD...]
# PEERS_FOLDER has a run.sh that is called as  OUT=FILE JOPTS="-Dwarm=S -Drepeat=S" run.sh PEER WORKLOAD  and appends to
# FILE one line of JSON per figure, as `gamelan bench` prints them: {"peer":..,"workload":..,"metric":..,"value":..,"unit":..}
#   PEERS    which peers (default: each folder there that was built)
#   LIBRARIES  those of gemm (default: openblas mkl dnnl)
#   ROUNDS   how often each is measured (default 3)
#   WARM     seconds of warm-up (default 4); REPEAT: seconds of each repeat (default 1.2)
#   THREADS  of every engine (default 2)
#   LINES    keeps all lines in this file
# Metrics of Gamelan with _bound in their names (arrays that stay, as peers reuse theirs) stand beside the peer's metric without it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[[ $# -ge 1 && -x $1/run.sh ]] || { sed -n '2,12s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
peers_folder=$(cd "$1" && pwd)
shift
rounds=${ROUNDS:-3} warm=${WARM:-4} repeat=${REPEAT:-1.2} threads=${THREADS:-2}
workloads=("$@")
[[ $# -gt 0 ]] || workloads=(w1.train w1.infer w2.train w2.infer w3.train w3.infer w3c.train w4.train w4.infer w5.train w5.infer bert.infer w6 gemm)

built_peers() {
    for file in "$peers_folder"/*/target/cp.txt; do
        name=$(basename "$(dirname "$(dirname "$file")")")
        [[ $name = common || $name = gemm || ! -d $peers_folder/$name/target/classes ]] || printf '%s\n' "$name"
    done
}
read -r -a peers <<< "${PEERS:-$(built_peers | tr '\n' ' ')}"
[[ ${#peers[@]} -gt 0 ]] || { echo "compare.sh: no peer in $peers_folder is built" >&2; exit 1; }

lines=$(mktemp) figures=$(mktemp)
trap 'rm -f "$lines" "$figures"' EXIT

# Adds what a command appends to $lines, with the round in front.
keep() {
    sed -n "s/^{\"peer\"/$1 &/p" "$lines" >> "$figures"
    : > "$lines"
}

peer() {
    before=$(wc -l < "$lines")
    OUT=$lines THREADS=$threads JOPTS="-Dwarm=$warm -Drepeat=$repeat" "$peers_folder/run.sh" "$@" > /dev/null || :
    [[ $(wc -l < "$lines") -gt $before ]] || echo "compare.sh: no figures from $*" >&2
}

for workload in "${workloads[@]}"; do
    for ((round = 1; round <= rounds; round++)); do
        echo "$workload, round $round of $rounds ..." >&2
        "$here/../gamelan" bench "$workload" --quiet --threads "$threads" --warm "$warm" --repeat "$repeat" >> "$lines" \
            || echo "compare.sh: gamelan bench $workload failed" >&2
        keep "$round"
        if [[ $workload = gemm ]]; then
            read -r -a libraries <<< "${LIBRARIES:-openblas mkl dnnl}"
            peer gemm "${libraries[@]}"
        else
            for name in "${peers[@]}"; do
                peer "$name" "$workload"
            done
        fi
        keep "$round"
    done
done
[[ -z ${LINES:-} ]] || cat "$figures" > "$LINES"

# A ratio above 1 means that Gamelan is better: faster, earlier, smaller. The spread is over the rounds.
awk '
    function field(name,    text) {
        text = $0
        if (!sub(".*\"" name "\":\"?", "", text)) return ""
        sub("[\",}].*", "", text)
        return text
    }
    function sorted(list, n,    i, j, v) {
        for (i = 2; i <= n; i++) {
            v = list[i]
            for (j = i - 1; j > 0 && list[j] > v; j--) list[j + 1] = list[j]
            list[j + 1] = v
        }
    }
    function median(key,    i, n, list) {
        n = 0
        for (i = 1; i <= rounds; i++) if ((key, i) in value) list[++n] = value[key, i]
        sorted(list, n)
        return n ? list[int((n + 1) / 2)] : ""
    }
    {
        round = $1; peer = field("peer"); what = field("workload") SUBSEP field("metric")
        if (round > rounds) rounds = round
        value[peer, what, round] = field("value") + 0
        unit[what] = field("unit")
        if (!(what in seen)) { seen[what] = 1; order[++count] = what }
        if (peer != "gamelan" && !(peer in known)) { known[peer] = 1; peers[++others] = peer }
    }
    END {
        printf "%-11s %-20s %-10s %12s  %-18s %12s %7s  %s\n", "workload", "metric", "unit", "gamelan", "peer", "its value", "ratio", "spread"
        for (i = 1; i <= count; i++) for (p = 1; p <= others; p++) {
            what = order[i]; split(what, part, SUBSEP); n = 0
            theirs = what; sub(/_bound/, "", theirs)
            more = unit[what] ~ /\/s$/
            for (r = 1; r <= rounds; r++) {
                ours = "gamelan" SUBSEP what SUBSEP r; its = peers[p] SUBSEP theirs SUBSEP r
                if ((ours in value) && (its in value) && value[ours] > 0 && value[its] > 0)
                    ratio[++n] = more ? value[ours] / value[its] : value[its] / value[ours]
            }
            if (!n) continue
            sorted(ratio, n)
            printf "%-11s %-20s %-10s %12.5g  %-18s %12.5g %7.2f  [%.2f, %.2f]\n", part[1], part[2], unit[what], median("gamelan" SUBSEP what),
                peers[p], median(peers[p] SUBSEP theirs), ratio[int((n + 1) / 2)], ratio[1], ratio[n]
        }
    }' "$figures"
