# Sourced by ./gamelan and ./mvnw. find_jdk sets jdk to the home of a JDK that is new enough, and jdk_version to its
# version; it returns 1 where there is none. It starts no process, so it costs about a millisecond.
# What GAMELAN_JAVA or JAVA_HOME names comes first; then `java` on the path; then the usual places, the newest first.

required_java=25

# Sets jdk and jdk_version if the folder $1 holds a JDK (with a compiler and the Vector API) that is new enough.
try_jdk() {
    [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
    found= modules=
    # A shell reads such a file byte by byte, so it stops where it knows enough.
    while IFS= read -r entry || [ -n "$entry" ]; do
        case $entry in
            JAVA_VERSION=*)
                found=${entry#*\"} found=${found%%\"*} feature=${found%%[!0-9]*}
                [ -n "$feature" ] && [ "$feature" -ge "$required_java" ] || return 1
                ;;
            MODULES=*) modules=$entry ;;
        esac
        [ -z "$found" ] || [ -z "$modules" ] || break
    done < "$1/release"
    [ -n "$found" ] || return 1
    case $modules in
        '' | *jdk.incubator.vector*) ;;
        *) return 1 ;;
    esac
    jdk=$1 jdk_version=$found
}

# The same for the program $1, which may be a link into a JDK, as /usr/bin/java is.
try_java() {
    program=$1 hops=0
    while [ -L "$program" ] && [ "$hops" -lt 20 ]; do
        hops=$((hops + 1))
        target=$(readlink "$program") || return 1
        case $target in
            /*) program=$target ;;
            *) program=${program%/*}/$target ;;
        esac
    done
    case $program in
        */bin/java) try_jdk "${program%/bin/java}" ;;
        *) return 1 ;;
    esac
}

# The newest of the folders given, by feature release; equal ones in the order given.
try_newest() {
    best= best_version= best_feature=0
    for candidate in "$@"; do
        if try_jdk "$candidate" && [ "$feature" -gt "$best_feature" ]; then
            best=$jdk best_version=$jdk_version best_feature=$feature
        fi
    done
    jdk=$best jdk_version=$best_version
    [ -n "$jdk" ]
}

find_jdk() {
    jdk= jdk_version=
    if [ -n "${GAMELAN_JAVA:-}" ]; then
        if [ -d "$GAMELAN_JAVA" ]; then try_jdk "${GAMELAN_JAVA%/}"; else try_java "$GAMELAN_JAVA"; fi
        return
    fi
    [ -n "${JAVA_HOME:-}" ] && try_jdk "${JAVA_HOME%/}" && return
    on_path=$(command -v java) && try_java "$on_path" && return
    try_newest /usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /usr/local/openjdk* /opt/java/* /opt/jdk* /opt/openjdk* \
        "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* "$HOME"/.asdf/installs/java/* "$HOME"/.jenv/versions/* \
        "$HOME"/.local/share/mise/installs/java/* \
        /Library/Java/JavaVirtualMachines/*/Contents/Home "$HOME"/Library/Java/JavaVirtualMachines/*/Contents/Home \
        /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home
}

no_jdk_message() {
    if [ -n "${GAMELAN_JAVA:-}" ]; then
        echo "GAMELAN_JAVA=$GAMELAN_JAVA is not a JDK $required_java or later: set it to the folder of one, or unset it."
    else
        echo "no JDK $required_java or later was found: install one (Debian, Ubuntu: apt install openjdk-25-jdk-headless;" \
            "macOS: brew install openjdk; any system: https://adoptium.net), or set GAMELAN_JAVA to its folder."
    fi
}
