package io.ovnegress.reconciler.audit;

import java.util.List;
import java.util.Map;

/**
 * What an audit has found. Every row is looked at once, and told as it was at that moment.
 *
 * @param rows how many there are of each class
 * @param onTheirWay how many of those that are not right are to be written next, or are being written
 * @param findings the first of those that are not right
 * @param leads whether this controller decides: otherwise it says what it would decide
 * @param synchronised whether the database was connected and read all the time
 */
public record AuditReport(
        Map<RowClass, Integer> rows, int onTheirWay, List<Finding> findings, boolean leads, boolean synchronised) {
    public AuditReport {
        rows = Map.copyOf(rows);
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
