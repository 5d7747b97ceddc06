package io.ovnegress.reconciler.audit;

import java.util.List;
import java.util.Map;

/**
 * What an audit has found. Every row is looked at once, and told as it was at that moment.
 *
 * @param rows how many there are of each class
 * @param onTheirWay how many of those that are not right are to be written next, or are being written
 * @param objects by object that is served how many of its rows are not right, of each class
 * @param findings the first of those that are not right
 * @param leads whether this controller decides: otherwise it says what it would decide
 * @param synchronised whether the database was connected and read all the time
 */
public record AuditReport(
        Map<RowClass, Integer> rows,
        int onTheirWay,
        Map<Subject, Map<RowClass, Integer>> objects,
        List<Finding> findings,
        boolean leads,
        boolean synchronised) {

    /**
     * An object that rows serve.
     *
     * @param feature the mark of the feature that it is of
     */
    public record Subject(String feature, String name) {}

    public AuditReport {
        rows = Map.copyOf(rows);
        objects = Map.copyOf(objects);
        findings = List.copyOf(findings);
    }

    /** How many rows are not right. */
    public int notRight() {
        return rows.entrySet().stream()
                .filter(count -> count.getKey() != RowClass.Right)
                .mapToInt(Map.Entry::getValue)
                .sum();
    }
}
