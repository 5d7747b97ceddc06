package io.ovnegress.controller.query;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.google.inject.Inject;
import io.ovnegress.reconciler.explain.Outlook;
import io.ovnegress.reconciler.input.PodName;
import io.ovnegress.reconciler.machine.Reconciler;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * {@code GET /api/v1/search?q=TEXT[&limit=N]}: nodes, objects, addresses and pods in whose names the text is. The loop hands out the
 * names; they are gone through here. Thread safe.
 */
public final class SearchApi implements Api {
    public static final String PATH = "/api/v1/search";

    private static final int USUAL_LIMIT = 20;
    private static final int HIGHEST_LIMIT = 200;
    private static final int LONGEST_TEXT = 300;

    private final Asking asking;

    @Inject
    public SearchApi(Asking asking) {
        this.asking = asking;
    }

    private record Names(List<PodName> pods, Outlook outlook) {
        static Names of(Reconciler reconciler) {
            return new Names(
                    reconciler.podNames(),
                    reconciler.nothingYet().isPresent() ? new Outlook.None() : reconciler.outlook());
        }
    }

    @Override
    public String path() {
        return PATH;
    }

    @Override
    public Reply answer(Request request) {
        var text = request.parameter("q").map(query -> query.strip().toLowerCase(Locale.ROOT));
        int limit = limit(request);
        if (text.isEmpty() || text.get().length() > LONGEST_TEXT || limit < 1) {
            return Reply.refused(400, "ask " + PATH + "?q=TEXT&limit=N, with N at most " + HIGHEST_LIMIT);
        }
        return asking.ask("search", Names::of, names -> found(text.get(), limit, names));
    }

    private static int limit(Request request) {
        try {
            int limit = Integer.parseInt(request.parameter("limit").orElse(Integer.toString(USUAL_LIMIT)));
            return limit > HIGHEST_LIMIT ? 0 : limit;
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static Reply found(String text, int limit, Names names) {
        var json = JsonNodeFactory.instance.objectNode();
        var found = JsonNodeFactory.instance.arrayNode();
        var objects = new LinkedHashSet<String>();
        var addresses = new LinkedHashSet<String>();
        names.outlook().places().forEach(place -> {
            objects.add(place.object().kind().word() + "/" + place.object().key());
            addresses.add("ip/" + place.address());
        });
        long count = add(found, nodes(names.outlook()), text, limit)
                + add(found, objects.stream(), text, limit)
                + add(found, addresses.stream(), text, limit)
                + add(found, names.pods().stream().map(name -> "pod/" + name), text, limit);
        return new Reply(
                200,
                json.put("answer", count + (count == 1 ? " has" : " have") + " it in the name")
                        .put("count", count)
                        .set("found", found));
    }

    private static Stream<String> nodes(Outlook outlook) {
        Set<String> nodes = outlook.allNodes();
        return nodes.stream().map(name -> "node/" + name);
    }

    /** Those that begin with it first, then by name; how many there are, whatever fits. */
    private static long add(ArrayNode found, Stream<String> names, String text, int limit) {
        var matching = names.filter(name -> rest(name).contains(text)).toList();
        matching.stream()
                .sorted((one, other) -> {
                    int byBegin = Boolean.compare(
                            rest(other).startsWith(text), rest(one).startsWith(text));
                    return byBegin != 0 ? byBegin : one.compareTo(other);
                })
                .limit(limit - found.size())
                .forEach(name -> found.addObject()
                        .put("kind", name.substring(0, name.indexOf('/')))
                        .put("name", name.substring(name.indexOf('/') + 1)));
        return matching.size();
    }

    private static String rest(String name) {
        return name.substring(name.indexOf('/') + 1).toLowerCase(Locale.ROOT);
    }
}
