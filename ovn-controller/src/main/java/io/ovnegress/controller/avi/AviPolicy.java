package io.ovnegress.controller.avi;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Annotation {@code avi_proxy} of a Service. Of all that Avi can be told there one policy is understood, that which its documents give
 * for egress services: the project's own pods are allowed and all others denied. Pure.
 */
public final class AviPolicy {
    public static final String ANNOTATION = "avi_proxy";

    /** The documents' own example lacks this colon. */
    private static final Pattern FORGOTTEN_COLON = Pattern.compile("(\"action\")(\\s+\")");

    private static final String GROUP = "/api/microservicegroup/?name=";
    private static final String GROUP_SUFFIX = "-avi-microservicegroup";
    private static final Set<String> OF_A_RULE = Set.of("index", "enable", "name", "action", "match");

    private AviPolicy() {}

    /**
     * Why it is not obeyed; empty if it says no more than that the pods of this namespace are the clients.
     *
     * @param annotation its text
     * @param namespace of the Service
     */
    public static Optional<String> problem(String annotation, String namespace) {
        JsonNode policy;
        try {
            policy = AviJson.object(FORGOTTEN_COLON.matcher(annotation).replaceAll("$1:$2"));
        } catch (JsonProcessingException e) {
            return Optional.of("annotation " + ANNOTATION + " is no JSON: " + AviJson.words(e));
        }
        return whyNot(policy, namespace)
                .map(why -> "annotation " + ANNOTATION
                        + " says more than that the project's own pods are allowed and all" + " others denied: " + why);
    }

    private static Optional<String> whyNot(JsonNode policy, String namespace) {
        var rules = policy.path("networksecuritypolicy").path("rules");
        return unknown(policy, Set.of("networksecuritypolicy"))
                .or(() -> unknown(policy.path("networksecuritypolicy"), Set.of("rules")))
                .or(() -> rules.size() == 2 && rules.isArray()
                        ? Optional.empty()
                        : Optional.of("networksecuritypolicy has " + rules.size() + " rules, and not two"))
                .or(() -> allows(rules.path(0), namespace))
                .or(() -> denies(rules.path(1)))
                .or(() -> rules.path(0).path("index").asLong(0)
                                < rules.path(1).path("index").asLong(1)
                        ? Optional.empty()
                        : Optional.of("its rules are not in the order of their indexes"));
    }

    /** What it has beside these. */
    private static Optional<String> unknown(JsonNode object, Set<String> known) {
        for (var field : object.properties()) {
            if (!known.contains(field.getKey())) {
                return Optional.of("it has \"" + AviJson.quote(field.getKey()) + "\"");
            }
        }
        return Optional.empty();
    }

    private static Optional<String> allows(JsonNode rule, String namespace) {
        var group = rule.at("/match/microservice");
        var reference = GROUP + namespace + GROUP_SUFFIX;
        return rule(rule, "the first rule", "NETWORK_SECURITY_POLICY_ACTION_TYPE_ALLOW", "microservice")
                .or(() -> unknown(group, Set.of("match_criteria", "group_ref")))
                .or(() -> group.path("match_criteria").asText().equals("IS_IN")
                                && group.path("group_ref").asText().equals(reference)
                        ? Optional.empty()
                        : Optional.of("the first rule does not allow who is in " + reference));
    }

    private static Optional<String> denies(JsonNode rule) {
        var clients = rule.at("/match/client_ip");
        return rule(rule, "the second rule", "NETWORK_SECURITY_POLICY_ACTION_TYPE_DENY", "client_ip")
                .or(() -> unknown(clients, Set.of("match_criteria", "prefixes")))
                .or(() ->
                        clients.path("match_criteria").asText().equals("IS_IN") && isEverybody(clients.path("prefixes"))
                                ? Optional.empty()
                                : Optional.of("the second rule does not deny 0.0.0.0/0"));
    }

    private static Optional<String> rule(JsonNode rule, String which, String action, String match) {
        return unknown(rule, OF_A_RULE)
                .or(() ->
                        rule.path("enable").asBoolean(true) ? Optional.empty() : Optional.of(which + " is not enabled"))
                .or(() -> rule.path("action").asText().equals(action)
                        ? Optional.empty()
                        : Optional.of(which + " is not of action " + action))
                .or(() -> unknown(rule.path("match"), Set.of(match)));
    }

    private static boolean isEverybody(JsonNode prefixes) {
        boolean isAny = false;
        for (var prefix : prefixes) {
            var address = prefix.path("ip_addr");
            boolean isZero = address.path("type").asText("V4").equals("V4")
                    && address.path("addr").asText().equals("0.0.0.0")
                    && prefix.path("mask").asInt(-1) == 0;
            if (!isZero) {
                return false;
            }
            isAny = true;
        }
        return isAny;
    }
}
