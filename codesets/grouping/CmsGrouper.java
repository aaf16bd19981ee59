// Asks CMS's MS-DRG grouper (the site's own jars) for codedesk, a question a line; SITE-GROUPER.md tells the protocol.
//
// Run by `java -cp "JARS/*" CmsGrouper.java`. Everything of the jars is reached by name, so that this file needs none of
// them to be compiled and one file serves every version whose component is found. What a version does not have (a
// method of the answer) is left out of the line, never made up.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

public class CmsGrouper {
    private static final String MODEL = "gov.agency.msdrg.model.v2.";
    private static final int FIRST = 400, LAST = 509;

    private final Map<String, Object> components = new LinkedHashMap<>();

    public static void main(String[] words) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err); // what the jars print is not part of the protocol
        CmsGrouper grouper = new CmsGrouper();
        grouper.open();
        StringBuilder ready = new StringBuilder("ready name=CMS");
        for (String version : grouper.components.keySet()) ready.append("&version=").append(version);
        out.println(ready);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String number = line.split(" ", 2)[0];
            try {
                out.println(number + " " + grouper.answer(fields(line.substring(number.length()).trim())));
            } catch (Exception | LinkageError wrong) {
                out.println(number + " error=" + encoded(String.valueOf(cause(wrong))));
            }
        }
    }

    private void open() throws Exception {
        Object options = made(MODEL + "MsdrgRuntimeOption");
        Object flags = made(MODEL + "RuntimeOptions");
        call(flags, "setPoaReportingExempt", constant("MsdrgHospitalStatusOptionFlag", "NON_EXEMPT"));
        call(flags, "setComputeAffectDrg", constant("MsdrgAffectDrgOptionFlag", "COMPUTE"));
        call(flags, "setMarkingLogicTieBreaker", constant("MarkingLogicTieBreaker", "CLINICAL_SIGNIFICANCE"));
        call(options, "put", named(Class.forName(MODEL + "MsdrgOption"), "RUNTIME_OPTION_FLAGS"), flags);
        for (int version = FIRST; version <= LAST; version++) {
            try {
                Object component = made("gov.agency.msdrg.v" + version + ".MsdrgComponent", options);
                components.put(version / 10 + "." + version % 10, component);
            } catch (ClassNotFoundException notHere) {
                continue;
            }
        }
        if (components.isEmpty()) throw new IllegalStateException("no MsdrgComponent is in the jars");
    }

    private String answer(Map<String, List<String>> asked) throws Exception {
        Object component = components.get(first(asked, "version"));
        if (component == null) throw new IllegalArgumentException("version " + first(asked, "version") + " is not here");
        Object builder = Class.forName(MODEL + "transfer.input.MsdrgInput").getMethod("builder").invoke(null);
        call(builder, "withAgeInYears", Integer.parseInt(first(asked, "age")));
        String sex = first(asked, "sex");
        call(builder, "withSex", constant("MsdrgSex", sex.equals("M") ? "MALE" : sex.equals("F") ? "FEMALE" : "UNKNOWN"));
        Class<?> statuses = Class.forName(MODEL + "enumeration.MsdrgDischargeStatus");
        String status = first(asked, "status");
        int number = status.matches("[0-9]{1,3}") ? Integer.parseInt(status) : 1;
        call(builder, "withDischargeStatus", statuses.getMethod("getEnumFromInt", int.class).invoke(null, number));
        List<Object> secondary = new ArrayList<>();
        for (String one : asked.getOrDefault("dx", List.of())) secondary.add(diagnosis(one));
        call(builder, "withPrincipalDiagnosisCode", secondary.remove(0));
        if (!secondary.isEmpty()) call(builder, "withSecondaryDiagnosisCodes", secondary);
        List<Object> procedures = new ArrayList<>();
        for (String one : asked.getOrDefault("pr", List.of()))
            procedures.add(made(MODEL + "transfer.input.MsdrgInputPrCode", one));
        if (!procedures.isEmpty()) call(builder, "withProcedureCodes", procedures);
        if (asked.containsKey("admitting"))
            call(builder, "withAdmissionDiagnosisCode", diagnosis(first(asked, "admitting") + " Y"));
        Object claim = made(MODEL + "transfer.MsdrgClaim", call(builder, "build"));
        call(component, "process", claim);
        Optional<?> found = (Optional<?>) call(claim, "getOutput");
        if (found.isEmpty()) throw new IllegalStateException("the grouper gave no output");
        return told(found.get());
    }

    private static Object diagnosis(String text) throws Exception {
        String[] parts = text.split(" ");
        Class<?> poa = Class.forName("com.mmm.his.cer.foundation.model.GfcPoa");
        Object present = parts.length > 1 ? named(poa, parts[1]) : blank(poa);
        return made(MODEL + "transfer.input.MsdrgInputDxCode", parts[0], present);
    }

    /** The constant for an indicator that is left blank, whatever a version calls it; Y where it has none. */
    private static Object blank(Class<?> poa) {
        for (String name : List.of("BLANK", "EMPTY", "ONE", "E"))
            for (Object one : poa.getEnumConstants()) if (((Enum<?>) one).name().equals(name)) return one;
        return named(poa, "Y");
    }

    private static String told(Object output) throws Exception {
        List<String> fields = new ArrayList<>();
        add(fields, "drg", padded(value(read(output, "getFinalDrg")), 3));
        add(fields, "initial", padded(value(read(output, "getInitialDrg")), 3));
        add(fields, "title", text(read(read(output, "getFinalDrg"), "getDescription")));
        add(fields, "mdc", padded(value(read(output, "getFinalMdc")), 2));
        add(fields, "mdc_title", text(read(read(output, "getFinalMdc"), "getDescription")));
        add(fields, "severity", level(text(read(output, "getFinalSeverity"))));
        add(fields, "status", text(read(output, "getFinalGrc")));
        for (Object one : list(read(output, "getSdxOutput"))) {
            String code = value(read(one, "getInputDxCode"));
            String usage = text(read(one, "getFinalSeverityUsage")), flag = text(read(one, "getFinalSeverityFlag"));
            String impact = text(read(one, "getFinalGroupingImpact")) + text(read(one, "getGroupingImpact"));
            List<String> words = new ArrayList<>(List.of(code, level(usage + " " + flag)));
            if (impact.contains("BOTH") || impact.contains("FINAL")) words.add("raises");
            if ((usage + flag).contains("EXCLUD")) words.add("excluded");
            if ((usage + flag).contains("INVALID")) words.add("invalid");
            add(fields, "dx", String.join(" ", words).replaceAll(" +", " ").trim());
            for (Object hac : list(read(one, "getHacs")))
                if (text(read(hac, "getHacStatus")).equals("HAC_CRITERIA_MET"))
                    add(fields, "hac", code + " " + text(read(hac, "getDescription")));
        }
        for (Object one : list(read(output, "getProcOutput"))) {
            boolean room = Boolean.TRUE.equals(read(one, "isOperatingRoom")) || Boolean.TRUE.equals(read(one, "isOrProcedure"));
            String impact = text(read(one, "getDrgImpact")) + text(read(one, "getGroupingImpact"));
            boolean raises = impact.contains("BOTH") || impact.contains("FINAL");
            add(fields, "pr", value(read(one, "getInputPrCode")) + (room ? " or" : "") + (raises ? " raises" : ""));
        }
        return String.join("&", fields);
    }

    private static String level(String text) {
        return text.contains("MCC") ? "MCC" : text.contains("CC") && !text.contains("NON") ? "CC" : "";
    }

    private static String padded(String digits, int width) {
        return digits.matches("[0-9]+") ? "0".repeat(Math.max(width - digits.length(), 0)) + digits : digits;
    }

    private static void add(List<String> fields, String name, String text) {
        if (!text.isEmpty()) fields.add(name + "=" + encoded(text));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static Map<String, List<String>> fields(String query) {
        Map<String, List<String>> found = new LinkedHashMap<>();
        for (String pair : query.split("&")) {
            String[] parts = pair.split("=", 2);
            String text = parts.length > 1 ? URLDecoder.decode(parts[1], StandardCharsets.UTF_8) : "";
            found.computeIfAbsent(parts[0], name -> new ArrayList<>()).add(text);
        }
        return found;
    }

    private static String first(Map<String, List<String>> asked, String name) {
        return asked.getOrDefault(name, List.of("")).get(0);
    }

    private static String text(Object value) {
        return value == null ? "" : value instanceof Enum<?> one ? one.name() : value.toString();
    }

    private static String value(Object coded) throws Exception {
        return text(read(coded, "getValue"));
    }

    private static List<?> list(Object value) {
        return value instanceof List<?> found ? found : List.of();
    }

    private static Object constant(String type, String name) throws ClassNotFoundException {
        return named(Class.forName(MODEL + "enumeration." + type), name);
    }

    private static Object named(Class<?> type, String name) {
        for (Object one : type.getEnumConstants() == null ? new Object[0] : type.getEnumConstants())
            if (((Enum<?>) one).name().equals(name)) return one;
        try {
            return type.getField(name).get(null);
        } catch (ReflectiveOperationException missing) {
            throw new IllegalArgumentException(type.getSimpleName() + " has no " + name);
        }
    }

    /** What a method without parameters gives; null where there is none. */
    private static Object read(Object target, String name) throws Exception {
        if (target == null) return null;
        for (Method one : target.getClass().getMethods())
            if (one.getName().equals(name) && one.getParameterCount() == 0) return invoke(one, target);
        return null;
    }

    private static Object call(Object target, String name, Object... arguments) throws Exception {
        for (Method one : target.getClass().getMethods())
            if (one.getName().equals(name) && fits(one, arguments)) return invoke(one, target, arguments);
        throw new NoSuchMethodException(target.getClass().getSimpleName() + "." + name);
    }

    private static Object invoke(Method method, Object target, Object... arguments) throws Exception {
        method.setAccessible(true);
        return method.invoke(target, arguments);
    }

    private static Object made(String type, Object... arguments) throws Exception {
        for (var one : Class.forName(type).getConstructors()) if (fits(one, arguments)) return one.newInstance(arguments);
        throw new NoSuchMethodException("a constructor of " + type);
    }

    private static boolean fits(Executable one, Object[] arguments) {
        Class<?>[] types = one.getParameterTypes();
        if (types.length != arguments.length) return false;
        for (int n = 0; n < types.length; n++) {
            boolean whole = types[n] == int.class && arguments[n] instanceof Integer;
            if (!whole && !types[n].isInstance(arguments[n])) return false;
        }
        return true;
    }

    private static Throwable cause(Throwable wrong) {
        return wrong instanceof InvocationTargetException && wrong.getCause() != null ? wrong.getCause() : wrong;
    }
}
