// Stands in for a class of the MS-DRG jars in the test of the bridge; only its names are as published.
package gov.agency.msdrg.model.v2.transfer.input;

public record MsdrgInputPrCode(String code) {
    public String getValue() {
        return code;
    }
}
