// Colours, time zone, and what the chart shows of its own truth.
import { Menu, MenuCheck, MenuChoice } from "@/components/Menu";
import { chooseTheme, THEMES, type Theme, useTheme } from "@/lib/theme";
import { ZONE_CHOICES, type ZoneChoice } from "@/lib/time-zone";

const THEME_NAMES: Record<Theme, string> = { system: "System", light: "Light", dark: "Dark" };
const ZONE_NAMES: Record<ZoneChoice, string> = { exchange: "Exchange", utc: "UTC", local: "Local" };

interface Props {
  readonly zone: ZoneChoice;
  readonly isTruthShown: boolean;
  readonly onZone: (zone: ZoneChoice) => void;
  readonly onTruth: (isShown: boolean) => void;
}

export function SettingsMenu({ zone, isTruthShown, onZone, onTruth }: Props) {
  const theme = useTheme();
  return (
    <Menu label="Settings" name="Settings">
      {() => (
        <>
          <MenuChoice
            name="theme"
            legend="Colours"
            chosen={theme}
            options={THEMES.map((value) => ({ value, label: THEME_NAMES[value] }))}
            onChoose={(value) => chooseTheme(value as Theme)}
          />
          <MenuChoice
            name="zone"
            legend="Times"
            chosen={zone}
            options={ZONE_CHOICES.map((value) => ({ value, label: ZONE_NAMES[value] }))}
            onChoose={(value) => onZone(value as ZoneChoice)}
          />
          <MenuCheck label="Marks of trust on the chart" isOn={isTruthShown} onChange={onTruth} />
        </>
      )}
    </Menu>
  );
}
