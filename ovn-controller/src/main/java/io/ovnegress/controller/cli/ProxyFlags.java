package io.ovnegress.controller.cli;

import java.util.Optional;
import picocli.CommandLine.Option;

/** HTTP proxies with an address of their own. */
final class ProxyFlags {
    @Option(
            names = "--enable-egress-proxy",
            order = 1,
            arity = "0..1",
            paramLabel = "true|false",
            fallbackValue = "true",
            converter = Converters.Truth.class,
            defaultValue = "false",
            description =
                    "Of every EgressProxy a squid is made (ConfigMap, Deployment, Service) that leaves as the object's"
                            + " addresses. Needs the CRD and the rights in deploy/components/egress-proxy.")
    private boolean enabled;

    @Option(
            names = "--egress-proxy-image",
            order = 2,
            paramLabel = "IMAGE",
            defaultValue = "ovn-egress-squid:dev",
            description = {
                "Image with squid 5 or newer (deploy/images/squid); an EgressProxy may name another one.",
                "Default: ${DEFAULT-VALUE}"
            })
    private String image = "";

    /** Empty if there are to be no proxies. */
    Optional<String> image() {
        return enabled ? Optional.of(image) : Optional.empty();
    }
}
