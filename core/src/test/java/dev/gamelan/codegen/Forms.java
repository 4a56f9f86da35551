package dev.gamelan.codegen;

import java.util.ArrayList;
import java.util.List;

/** The forms that tests compare with each other. */
final class Forms {
    private Forms() {
    }

    /** The scalar form and every width this machine runs; widths with and without masked memory. */
    static List<Lanes> all(ElementType widest) {
        List<Lanes> forms = new ArrayList<>(List.of(Lanes.SCALAR));
        for (int bits = 128; bits <= VectorSupport.preferredBits(); bits *= 2) {
            forms.add(new Lanes(bits / widest.bits(), true));
            forms.add(new Lanes(bits / widest.bits(), false));
        }
        return forms;
    }
}
