#!/usr/bin/env bash
# Builds and runs a main class of this module, with the JVM's options of ./gamelan:
#   benchmarks/measure.sh CLASS [ARGUMENT...]     such as  Growth dense docs,  Memory docs,  Widths
#   benchmarks/measure.sh jmh [ARGUMENT...]       JMH, such as  jmh WindowBenchmark -f 1
# GAMELAN_JAVA is the JDK to use (a folder), GAMELAN_OPTS more options for the JVM.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
[[ $# -ge 1 ]] || { sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
. "$root/scripts/find-jdk.sh"
find_jdk || { no_jdk_message >&2; exit 1; }
jar=$(find "$here/target/quick" -maxdepth 1 -name 'gamelan-benchmarks-*.jar' 2> /dev/null | head -n 1)
if [[ -z $jar || -n $(find "$root"/pom.xml "$root"/*/pom.xml "$root"/*/src/main -newer "$jar" -print -quit) ]]; then
    echo "measure.sh: building ..." >&2
    (cd "$root" && unset JAVA_HOME && GAMELAN_JAVA=$jdk ./mvnw -B -q -Dquick -Dmaven.test.skip=true -pl benchmarks -am package) >&2
fi
name=$1
shift
main=dev.gamelan.benchmarks.$name
[[ $name != jmh ]] || main=org.openjdk.jmh.Main
# shellcheck disable=SC2086
exec "$jdk/bin/java" --add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -Xmn96m \
    -XX:ObjectAlignmentInBytes=64 -XX:SurvivorRatio=2 "@$root/scripts/jvm.options" -XX:MaxRAMPercentage=70 ${GAMELAN_OPTS:-} \
    -cp "$here/target/quick/*:$here/target/quick/lib/*" "$main" "$@"
