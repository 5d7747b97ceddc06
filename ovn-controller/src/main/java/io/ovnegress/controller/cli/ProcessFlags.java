package io.ovnegress.controller.cli;

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
