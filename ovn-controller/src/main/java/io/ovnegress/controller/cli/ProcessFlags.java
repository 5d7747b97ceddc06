package io.ovnegress.controller.cli;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What the process says of itself. */
final class ProcessFlags {
    @Option(
            names = "--metrics-bind-address",
            paramLabel = "ADDRESS:PORT",
            order = 1,
            defaultValue = "127.0.0.1:9409",
            converter = Converters.BindAddress.class,
            description = {
                "Serves /metrics, /healthz and /readyz; :PORT on every address, empty for nowhere.",
                "Default: ${DEFAULT-VALUE}"
            })
    private Converters.BindTo metricsBindAddress;

    @Option(
            names = "--loglevel",
            paramLabel = "LEVEL",
            order = 2,
            defaultValue = "info",
            converter = Converters.LogLevels.class,
            description = {
                "error, warn, info, debug or trace; or ovnkube's numbers, where 4 is info and 5 is debug.",
                "Default: ${DEFAULT-VALUE}"
            })
    private LogLevel logLevel;

    @Option(
            names = "--report-only",
            order = 3,
            arity = "0..1",
            paramLabel = "true|false",
            defaultValue = "false",
            fallbackValue = "true",
            converter = Converters.Truth.class,
            description = {
                "Watches and reports what it would do (audit, metrics, events), and writes nothing: no row, no status,"
                        + " no Lease.",
                "Default: ${DEFAULT-VALUE}"
            })
    private boolean reportOnly;

    @Option(
            names = "--history-size",
            paramLabel = "SIZE",
            order = 4,
            defaultValue = "8M",
            converter = Converters.Size.class,
            description = {
                "So much memory is for what was programmed lately, and why (ovn-egress history).",
                "Default: ${DEFAULT-VALUE}"
            })
    private long historySize;

    @Option(
            names = "--history-file",
            paramLabel = "FILE",
            order = 5,
            description = {
                "Writes that to a file as well, as lines of JSON; with 32 MiB it becomes FILE.1 and begins anew.",
                "Default: nowhere"
            })
    private Path historyFile;

    long historySize() {
        return historySize;
    }

    Optional<Path> historyFile() {
        return Optional.ofNullable(historyFile);
    }

    boolean reportOnly() {
        return reportOnly;
    }

    Converters.BindTo metricsBindAddress() {
        return metricsBindAddress;
    }

    LogLevel logLevel() {
        return logLevel;
    }
}
