package dev.gamelan.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

class DerivedTest {

    private int made;

    private Object make(Object earlier) {
        made++;
        return earlier == null ? new int[1] : earlier;
    }

    @Test
    void whatIsUsedTwiceIsMadeOnce() {
        Derived derived = new Derived(false);
        assertNull(derived.get("a", this::make));
        Object form = derived.get("a", this::make);
        assertSame(form, derived.get("a", this::make));
        assertNull(derived.get("b", this::make));
        assertNotSame(form, derived.get("b", this::make));
        assertEquals(2, made);
    }

    @Test
    void changedValuesAreDerivedAgainInTheSameMemory() {
        Derived derived = new Derived(true);
        Object form = derived.get("a", this::make);
        derived.change();
        assertSame(form, derived.get("a", this::make));
        assertSame(form, derived.get("a", this::make));
        assertEquals(2, made);
    }

    @Test
    void whoIsPatientGetsAFormOnlyWhereItIsThereOrPaysOff() {
        Derived derived = new Derived(true);
        assertNull(derived.get("a", 2, this::make));
        assertNull(derived.get("a", 2, this::make));
        Object form = derived.get("a", 2, this::make);
        assertSame(form, derived.get("a", this::make));
        derived.change();
        assertNull(derived.get("a", 2, this::make));
        assertSame(form, derived.get("a", this::make));
        assertSame(form, derived.get("a", 2, this::make));
        assertEquals(2, made);
    }

    @Test
    void valuesThatAreUsedOnceBetweenChangesAreNotDerived() {
        Derived derived = new Derived(false);
        assertNull(derived.get("a", this::make));
        for (int i = 0; i < 3; i++) {
            derived.change();
            assertNull(derived.get("a", this::make));
        }
        Object form = derived.get("a", this::make);
        assertSame(form, derived.get("a", this::make));
        derived.change();
        assertSame(form, derived.get("a", this::make));
        assertEquals(2, made);
        derived.change();
        assertNull(derived.get("a", this::make));
    }
}
