// Stands in for a class of the MS-DRG jars in the test of the bridge; only its names are as published.
package gov.agency.msdrg.model.v2.transfer.output;

import gov.agency.msdrg.model.v2.transfer.input.*;
import java.util.List;

public record MsdrgOutputData(MsdrgInput input) {
    public enum Code { OK, MCC, NON_CC, BOTH, NONE }

    public record Coded(String value, String description) {
        public String getValue() { return value; }
        public String getDescription() { return description; }
    }

    public record Dx(MsdrgInputDxCode code, Code usage, Code impact) {
        public MsdrgInputDxCode getInputDxCode() { return code; }
        public Code getFinalSeverityUsage() { return usage; }
        public Code getGroupingImpact() { return impact; }
        public List<?> getHacs() { return List.of(); }
    }

    public record Pr(MsdrgInputPrCode code) {
        public MsdrgInputPrCode getInputPrCode() { return code; }
        public boolean isOperatingRoom() { return true; }
    }

    public Coded getFinalDrg() {
        String asked = input.age + " " + input.sex + " " + (input.status.ordinal() + 1) + " " + input.principal.code() + ":"
            + input.principal.poa() + " " + input.admission.code() + " & " + input.procedures.get(0).code();
        return new Coded("65", asked);
    }

    public Coded getInitialDrg() { return new Coded("64", ""); }
    public Coded getFinalMdc() { return new Coded("5", ""); }
    public Code getFinalGrc() { return Code.OK; }
    public Code getFinalSeverity() { return Code.MCC; }

    public List<Dx> getSdxOutput() {
        return input.secondary.stream()
            .map(one -> new Dx(one, one.code().equals("J9601") ? Code.MCC : Code.NON_CC,
                one.code().equals("J9601") ? Code.BOTH : Code.NONE))
            .toList();
    }

    public List<Pr> getProcOutput() { return input.procedures.stream().map(Pr::new).toList(); }
}
