@echo off
rem Runs Maven on this project: mvnw verify. It needs Maven 3.8 or later on the path, or in MAVEN_HOME.
setlocal
call "%~dp0scripts\find-jdk.cmd"
if not defined JDK (
    echo mvnw: no JDK 25 or later was found: install one ^(https://adoptium.net^), or set GAMELAN_JAVA to its folder.>&2
    exit /b 1
)
if not defined JAVA_HOME set "JAVA_HOME=%JDK%"
set "MAVEN=mvn"
if defined MAVEN_HOME set "MAVEN=%MAVEN_HOME%\bin\mvn"
call "%MAVEN%" %*
exit /b %ERRORLEVEL%
