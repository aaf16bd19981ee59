// Stands in for a class of the MS-DRG jars in the test of the bridge; only its names are as published.
package gov.agency.msdrg.model.v2.enumeration;

public enum MsdrgDischargeStatus {
    HOME_SELFCARE_ROUTINE, OTHER;

    public static MsdrgDischargeStatus getEnumFromInt(int number) {
        return number == 1 ? HOME_SELFCARE_ROUTINE : OTHER;
    }
}
