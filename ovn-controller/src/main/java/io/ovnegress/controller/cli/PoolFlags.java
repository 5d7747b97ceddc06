package io.ovnegress.controller.cli;

import picocli.CommandLine.Option;

/** Addresses for namespaces. */
final class PoolFlags {
    @Option(
            names = "--enable-egress-ip-pools",
            arity = "0..1",
            paramLabel = "true|false",
            fallbackValue = "true",
            converter = Converters.Truth.class,
            defaultValue = "false",
            description = "EgressIPPool objects are obeyed: namespaces get EgressIPs with addresses of pools.")
    private boolean enabled;

    boolean enabled() {
        return enabled;
    }
}
