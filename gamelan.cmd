@echo off
rem Runs the gamelan command: finds a JDK, builds the project on first use, and starts it.
rem Set GAMELAN_REBUILD=1 after a change of the sources.
setlocal
set "ROOT=%~dp0"
call "%ROOT%scripts\find-jdk.cmd"
if not defined JDK (
    echo gamelan: no JDK 25 or later was found: install one ^(https://adoptium.net^), or set GAMELAN_JAVA to its folder.>&2
    exit /b 1
)
set "APP=%ROOT%.gamelan\app"
if defined GAMELAN_REBUILD if exist "%APP%" rmdir /s /q "%APP%"
if exist "%APP%" goto run
echo gamelan: building ^(the first time takes a minute or two^) ...>&2
if not exist "%ROOT%.gamelan" mkdir "%ROOT%.gamelan"
pushd "%ROOT%"
set "JAVA_HOME=%JDK%"
call mvnw.cmd -B -q -Dquick -Dmaven.test.skip=true -pl cli -am package > .gamelan\build.log 2>&1
if errorlevel 1 goto failed
if exist "%APP%.new" rmdir /s /q "%APP%.new"
mkdir "%APP%.new"
copy /y cli\target\quick\lib\*.jar "%APP%.new" > nul
copy /y cli\target\quick\gamelan-cli-*.jar "%APP%.new" > nul
move "%APP%.new" "%APP%" > nul
popd
:run
set "GC=-XX:+UseSerialGC -XX:NewSize=32m -XX:MaxNewSize=96m -XX:NewRatio=1 -XX:SurvivorRatio=2 -Dgamelan.nursery=grows"
if defined GAMELAN_OPTS if not "%GAMELAN_OPTS:+Use=%"=="%GAMELAN_OPTS%" set "GC="
set "INFERS="
if "%~1"=="evaluate" set "INFERS=1"
if "%~1"=="predict" set "INFERS=1"
if "%~1"=="onnx" if not "%~2"=="export" set "INFERS=1"
set "LOOPS="
if defined INFERS set LOOPS="@%ROOT%scripts\jvm-inference.options"
"%JDK%\bin\java" --add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED %GC% "@%ROOT%scripts\jvm.options" %LOOPS% -XX:MaxRAMPercentage=70 %GAMELAN_OPTS% -cp "%APP%\*" dev.gamelan.cli.Main %*
exit /b %ERRORLEVEL%
:failed
popd
echo gamelan: the build failed; see "%ROOT%.gamelan\build.log">&2
exit /b 1
