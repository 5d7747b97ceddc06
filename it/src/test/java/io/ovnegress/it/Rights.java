package io.ovnegress.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.ApiCall;
import io.ovnegress.it.harness.kube.KubeApi;
import io.ovnegress.it.kube.Overlay;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What roles allow, one by one. Bindings are not looked at here: whom they bind is for a real API server to enforce. Immutable.
 */
record Rights(List<Grant> grants) {
    /** One verb on one resource, of all objects or of one, in all namespaces or in one. */
    record Grant(String verb, String group, String resource, Optional<String> namespace, Optional<String> name) {
        boolean covers(ApiCall call) {
            return verb.equals(call.verb())
                    && group.equals(call.group())
                    && resource.equals(call.resource())
                    && namespace.map(call.namespace()::equals).orElse(true)
                    && name.map(call.name()::equals).orElse(true);
        }
    }

    Rights {
        grants = List.copyOf(grants);
    }

    /**
     * Fails if the controllers of the cluster's API have asked for more than these files grant, as far as that is known; a real API
     * server enforces it as well.
     */
    static void assertEnough(LiveCluster cluster, String... files) {
        var roles = Stream.of(files)
                .flatMap(file -> Overlay.objects(read(Path.of("..", file))).stream())
                .toList();
        var rights = of(roles, namespace -> namespace.orElse(KubeApi.CONTROLLER_NAMESPACE));
        cluster.api()
                .callsOfController()
                .ifPresent(calls -> assertThat(rights.denied(calls)).isEmpty());
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Those of the roles among objects.
     *
     * @param namespaceOf which namespace a role's own stands for here; empty where a role has none
     */
    static Rights of(List<HasMetadata> objects, Function<Optional<String>, String> namespaceOf) {
        var grants = new ArrayList<Grant>();
        for (var object : objects) {
            switch (object) {
                case ClusterRole role -> role.getRules().forEach(rule -> add(grants, rule, Optional.empty()));
                case Role role -> {
                    var namespace = namespaceOf.apply(
                            Optional.ofNullable(role.getMetadata().getNamespace()));
                    role.getRules().forEach(rule -> add(grants, rule, Optional.of(namespace)));
                }
                default -> {}
            }
        }
        if (grants.isEmpty()) {
            throw new AssertionError("there are no roles");
        }
        return new Rights(grants);
    }

    private static void add(List<Grant> grants, PolicyRule rule, Optional<String> namespace) {
        var names = rule.getResourceNames().isEmpty()
                ? List.of(Optional.<String>empty())
                : rule.getResourceNames().stream().map(Optional::of).toList();
        for (var group : rule.getApiGroups()) {
            for (var resource : rule.getResources()) {
                for (var verb : rule.getVerbs()) {
                    names.forEach(name -> grants.add(new Grant(verb, group, resource, namespace, name)));
                }
            }
        }
    }

    /** Calls that no role allows. */
    List<ApiCall> denied(Collection<ApiCall> calls) {
        return calls.stream()
                .filter(call -> grants.stream().noneMatch(grant -> grant.covers(call)))
                .toList();
    }

    /** What is allowed and none of the calls needs. */
    List<Grant> unused(Collection<ApiCall> calls) {
        return grants.stream()
                .filter(grant -> calls.stream().noneMatch(grant::covers))
                .toList();
    }
}
