package io.ovnegress.controller.convert;

/** @param object kind, namespace and name of what was read */
public record ReportLine(String object, Verdict verdict, String text) {}
