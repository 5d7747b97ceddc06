package io.ovnegress.it.harness.kube;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A request to a Kubernetes API in the words of RBAC.
 *
 * @param verb such as {@code list}
 * @param group empty for the core group
 * @param resource with its subresource, such as {@code egressips/status}; a whole path where it is none of a kind's
 * @param namespace empty for all or none
 * @param name empty where the request names no object
 */
public record ApiCall(String verb, String group, String resource, String namespace, String name) {
    private static final Pattern OF_A_KIND = Pattern.compile("^/(api|apis/[^/]+)/v[^/]+/[^/]+");

    /** A request by its method and path with query, such as {@code /apis/k8s.ovn.org/v1/egressips?watch=true}. */
    static ApiCall ofRequest(String method, String target) {
        int question = target.indexOf('?');
        var query = question < 0 ? "" : target.substring(question + 1);
        var whole = question < 0 ? target : target.substring(0, question);
        if (!OF_A_KIND.matcher(whole).find()) { // such as what kinds there are
            return new ApiCall(verb(method, "", query), "", whole, "", "");
        }
        var path = new ArrayList<>(List.of(whole.substring(1).split("/")));
        var group = path.removeFirst().equals("apis") ? path.removeFirst() : "";
        path.removeFirst(); // the version
        var namespace = "";
        if (path.size() > 2 && path.getFirst().equals("namespaces")) {
            path.removeFirst();
            namespace = path.removeFirst();
        }
        var name = path.size() > 1 ? path.get(1) : "";
        var resource = path.size() > 2 ? path.get(0) + "/" + path.get(2) : path.getFirst();
        return new ApiCall(verb(method, name, query), group, resource, namespace, name);
    }

    private static String verb(String method, String name, String query) {
        return switch (method) {
            case "GET" -> !name.isEmpty() ? "get" : query.contains("watch=true") ? "watch" : "list";
            case "POST" -> "create";
            case "PUT" -> "update";
            default -> method.toLowerCase(Locale.ROOT);
        };
    }

    /** An entry of an audit log (audit.k8s.io/v1), level Metadata. */
    static ApiCall ofAudit(JsonNode event) {
        var object = event.path("objectRef");
        var subresource = object.path("subresource").asText();
        return new ApiCall(
                event.path("verb").asText(),
                object.path("apiGroup").asText(),
                object.path("resource").asText() + (subresource.isEmpty() ? "" : "/" + subresource),
                object.path("namespace").asText(),
                object.path("name").asText());
    }
}
