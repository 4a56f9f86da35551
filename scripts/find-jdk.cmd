@rem Called by gamelan.cmd and mvnw.cmd: sets JDK to the home of a JDK 25 or later, or leaves it empty.
@set "JDK="
@if defined GAMELAN_JAVA call :try "%GAMELAN_JAVA%" & goto :eof
@if defined JAVA_HOME call :try "%JAVA_HOME%"
@if defined JDK goto :eof
@for /f "delims=" %%j in ('where java 2^>nul') do @if not defined JDK call :try "%%~dpj.."
@if defined JDK goto :eof
@for /d %%d in ("%ProgramFiles%\Eclipse Adoptium\*" "%ProgramFiles%\Java\*" "%ProgramFiles%\Microsoft\*" "%ProgramFiles%\Zulu\*" "%ProgramFiles%\Amazon Corretto\*" "%USERPROFILE%\.jdks\*" "%LOCALAPPDATA%\Programs\Eclipse Adoptium\*") do @if not defined JDK call :try "%%~d"
@goto :eof

:try
@if not exist "%~1\bin\javac.exe" goto :eof
@if not exist "%~1\release" goto :eof
@for /f "tokens=2 delims==." %%v in ('findstr /b "JAVA_VERSION=" "%~1\release"') do @set "FEATURE=%%~v"
@set "FEATURE=%FEATURE:"=%"
@if %FEATURE% GEQ 25 set "JDK=%~f1"
@goto :eof
