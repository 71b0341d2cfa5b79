// The time axis on the wall clock of a zone. The library knows UTC only, and shifting the data makes
// two bars of one time at the autumn clock change. So the data stays as it is: labels are formatted
// in the zone, and the weights that choose where days and months begin are computed on zoned copies.
import {
  defaultHorzScaleBehavior,
  type IHorzScaleBehavior,
  TickMarkType,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import { formatZoned, offsetSeconds, wallClock } from "@/lib/time-zone";

type Behavior = IHorzScaleBehavior<Time>;
type Points = Parameters<Behavior["fillWeightsForPoints"]>[0];

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export class ZonedAxis {
  zone = "UTC";

  /** The library's own behaviour, with midnights where the zone has them. */
  readonly behavior: Behavior;

  constructor() {
    const axis = this;
    const Default = defaultHorzScaleBehavior();
    class Zoned extends Default {
      override fillWeightsForPoints(points: Points, startIndex: number): void {
        const shadow = points.map((point) => axis.shifted(point, this));
        super.fillWeightsForPoints(shadow as Points, startIndex);
        for (let index = startIndex; index < points.length; index += 1) {
          const [point, copy] = [points[index], shadow[index]];
          if (point && copy) point.timeWeight = copy.timeWeight;
        }
      }
    }
    this.behavior = new Zoned();
  }

  private shifted(point: Points[number], behavior: Behavior) {
    const time = Number(behavior.key(point.time));
    const wall = (time + offsetSeconds(this.zone, time)) as UTCTimestamp;
    return { ...point, time: behavior.convertHorzItemToInternal(wall) };
  }

  readonly label = (time: Time): string => formatZoned(this.zone, Number(time));

  readonly tick = (time: Time, type: TickMarkType): string => {
    const wall = wallClock(this.zone, Number(time));
    if (type === TickMarkType.Year) return String(wall.getUTCFullYear());
    if (type === TickMarkType.Month) return MONTHS[wall.getUTCMonth()] ?? "";
    if (type === TickMarkType.DayOfMonth) return String(wall.getUTCDate());
    return wall.toISOString().slice(11, 16);
  };
}
