package io.ovnegress.reconciler.northbound;

/** What somebody else wrote, made fit for messages and logs. */
public final class PrintableText {
    private PrintableText() {}

    /** ASCII without control characters, cut to the limit. */
    public static String of(String text, int limit) {
        var cut = text.length() <= limit ? text : text.substring(0, limit - 3) + "...";
        return cut.replaceAll("[^ -~]", "?");
    }
}
