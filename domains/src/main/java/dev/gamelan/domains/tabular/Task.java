package dev.gamelan.domains.tabular;

/** What kind of thing a target column holds. */
public enum Task {
    CLASSIFICATION, REGRESSION
}
