package io.ovnegress.controller.convert;

/** What became of something that a manifest asks for. */
public enum Verdict {
    /** It is as before. */
    Same,
    /** It does what it did, and more, or with less. */
    Better,
    /** It behaves otherwise, which whoever relies on it should know. */
    Different,
    /** It is not there any more; the line says what can be done. */
    Lost,
    /** It is nothing that has to be converted. */
    PassedOver
}
