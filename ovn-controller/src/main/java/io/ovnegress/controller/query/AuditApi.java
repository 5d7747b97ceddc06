package io.ovnegress.controller.query;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Splitter;
import com.google.inject.Inject;
import io.ovnegress.reconciler.audit.AuditReport;
import io.ovnegress.reconciler.audit.Finding;
import io.ovnegress.reconciler.audit.RowClass;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * {@code GET /api/v1/audit[?class=CLASS,...][&limit=N]}: every row of ours, or of ovn-kubernetes' EgressIP, against what is wanted.
 * Thread safe.
 */
public final class AuditApi implements Api {
    public static final String PATH = "/api/v1/audit";

    private static final int USUAL_LIMIT = 1000;
    /** More would be tens of megabytes, and are told by their numbers. */
    private static final int HIGHEST_LIMIT = 20_000;

    private final Audits audits;

    @Inject
    public AuditApi(Audits audits) {
        this.audits = audits;
    }

    @Override
    public String path() {
        return PATH;
    }

    @Override
    public Reply answer(Request request) {
        var classes = request.parameter("class").map(AuditApi::classes).orElse(Optional.of(Set.of(RowClass.values())));
        var limit = request.parameter("limit").map(AuditApi::limit).orElse(Optional.of(USUAL_LIMIT));
        if (classes.isEmpty() || limit.isEmpty()) {
            return Reply.refused(
                    400,
                    "ask " + PATH + "?class=CLASS,...&limit=N, where CLASS is one of "
                            + Arrays.stream(RowClass.values())
                                    .map(RowClass::name)
                                    .collect(Collectors.joining(", "))
                            + " and N at most " + HIGHEST_LIMIT);
        }
        return audits.run(classes.get(), limit.get(), report -> new Reply(200, json(report)));
    }

    private static Optional<Set<RowClass>> classes(String names) {
        var classes = EnumSet.noneOf(RowClass.class);
        for (var name : Splitter.on(',').split(names)) {
            var found = Arrays.stream(RowClass.values())
                    .filter(each -> each.name().equalsIgnoreCase(name.strip()))
                    .findFirst();
            if (found.isEmpty()) {
                return Optional.empty();
            }
            classes.add(found.get());
        }
        return Optional.of(classes);
    }

    private static Optional<Integer> limit(String text) {
        try {
            return Optional.of(Integer.parseInt(text)).filter(limit -> limit >= 0 && limit <= HIGHEST_LIMIT);
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static ObjectNode json(AuditReport report) {
        var json = JsonNodeFactory.instance
                .objectNode()
                .put("answer", sentence(report))
                .put("leader", report.leads())
                .put("connected", report.synchronised())
                .put("right", report.notRight() == report.onTheirWay());
        var rows = json.putObject("rows");
        for (var rowClass : RowClass.values()) {
            rows.put(rowClass.name(), report.rows().getOrDefault(rowClass, 0));
        }
        json.put("onTheirWay", report.onTheirWay());
        var findings = json.putArray("findings");
        report.findings().forEach(finding -> findings.add(json(finding)));
        return json;
    }

    private static String sentence(AuditReport report) {
        int right = report.rows().getOrDefault(RowClass.Right, 0);
        if (report.notRight() == 0) {
            return "all " + right + " rows are right";
        }
        return right + " rows are right, " + report.notRight() + " are not"
                + (report.onTheirWay() == 0 ? "" : ", of which " + report.onTheirWay() + " are on their way");
    }

    private static ObjectNode json(Finding finding) {
        var json = JsonNodeFactory.instance
                .objectNode()
                .put("class", finding.rowClass().name())
                .put("owner", finding.owner());
        finding.object().ifPresent(object -> json.put("object", object));
        finding.pod().ifPresent(pod -> json.put("pod", pod));
        json.put("message", finding.message());
        json.set("standing", ExplanationJson.reason(finding.standing()));
        json.set("row", ExplanationJson.row(finding.row()));
        return json;
    }
}
