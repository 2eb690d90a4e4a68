//! How far apart regions are: medians of round trips, a table of measurements.
//!
//! Not here: zones of one region (`latency`); pairs that a file gives under `placement`.

/// Regions in the order of the table.
#[rustfmt::skip]
const REGIONS: [&str; 32] = [
    "af-south-1", "ap-east-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1",
    "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4",
    "ap-southeast-5", "ap-southeast-7", "ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2",
    "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1",
    "me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2",
    "us-west-1", "us-west-2",
];

/// Median round-trip time between two regions [0.1 ms], by the later and the earlier of them in
/// `REGIONS`: the mean of both directions, less 3 ms that a probe itself takes.
///
/// SOURCE: CloudPing, one-year medians of TCP probes up to 2025-05-29
/// (oaustegard.github.io, web-utilities/aws-ping-p50-1y.json). Read 2026-11.
#[rustfmt::skip]
const MEDIANS: [&[u16]; 32] = [
    &[],
    &[3517],
    &[3544, 488],
    &[3837, 360, 332],
    &[3670, 432, 68, 220],
    &[2688, 945, 1308, 1312, 1342],
    &[2944, 785, 1145, 1152, 1180, 224],
    &[3142, 344, 676, 709, 738, 606, 458],
    &[4062, 1251, 1038, 1424, 1174, 1514, 1376, 917],
    &[3478, 504, 834, 866, 895, 772, 612, 151, 1078],
    &[4180, 1370, 1252, 1528, 1286, 1626, 1472, 1024, 108, 1186],
    &[3385, 414, 732, 762, 792, 676, 514, 57, 971, 216, 1078],
    &[3596, 614, 960, 966, 996, 886, 720, 264, 1188, 422, 1285, 218],
    &[2210, 1936, 1422, 1723, 1480, 1891, 2052, 2116, 1952, 2294, 2064, 2186, 2397],
    &[2888, 1592, 1098, 1364, 1142, 2398, 2226, 1744, 1558, 1912, 1674, 1811, 2026, 464],
    &[1523, 1908, 2244, 2285, 2310, 1260, 1433, 1580, 2486, 1736, 2602, 1636, 1856, 899, 1584],
    &[1489, 1852, 2187, 2214, 2253, 1125, 1294, 1519, 2431, 1687, 2546, 1579, 1801, 906, 1593, 61],
    &[1714, 2104, 2440, 2474, 2503, 1454, 1622, 1776, 2686, 1936, 2796, 1832, 2048, 1028, 1706, 198,
       250],
    &[1848, 1814, 2150, 2190, 2218, 1068, 1248, 1486, 2396, 1647, 2508, 1542, 1759, 988, 1672, 94,
       41, 285],
    &[1328, 2044, 2376, 2408, 2408, 1106, 1289, 1694, 2794, 1856, 2902, 1754, 1962, 1071, 1760, 312,
       290, 518, 239],
    &[1563, 2267, 1980, 2288, 2039, 1227, 1392, 1792, 2526, 1960, 2638, 1864, 2076, 661, 1339, 241,
       248, 375, 330, 278],
    &[1470, 2037, 2086, 2393, 2144, 1144, 1311, 1694, 2632, 1878, 2748, 1778, 1988, 761, 1446, 148,
       164, 286, 242, 325, 106],
    &[1426, 1979, 2152, 2455, 2211, 1062, 1220, 1642, 2772, 1819, 2879, 1717, 1934, 826, 1511, 94,
       86, 288, 180, 196, 170, 83],
    &[2280, 2374, 2717, 2744, 2780, 1381, 1528, 2039, 2960, 2212, 3075, 2106, 2322, 1372, 2060, 648,
       426, 848, 459, 594, 712, 628, 507],
    &[2840, 1234, 1664, 1642, 1607, 272, 447, 872, 1778, 1030, 1890, 920, 1136, 1932, 2673, 1127,
       1070, 1326, 1034, 1180, 1273, 1194, 1115, 1436],
    &[2459, 1285, 1718, 1642, 1676, 354, 533, 951, 1856, 1121, 1975, 1009, 1216, 1595, 2522, 833,
       881, 1022, 1102, 849, 949, 856, 834, 1120, 124],
    &[2788, 2112, 1650, 1928, 1692, 2430, 2708, 2390, 2102, 2562, 2216, 2480, 2692, 689, 749, 1458,
       1451, 1654, 1552, 1618, 1224, 1304, 1371, 1924, 2491, 2144],
    &[3352, 3060, 2548, 2853, 2605, 2984, 3142, 3244, 3090, 3418, 3204, 3312, 3528, 1225, 1904,
       2014, 2000, 2196, 2102, 2166, 1752, 1839, 1927, 2468, 3029, 2700, 1670],
    &[2240, 1945, 1463, 1756, 1500, 1880, 2028, 2158, 1967, 2318, 2065, 2202, 2422, 133, 478, 898,
       887, 1093, 986, 1041, 666, 746, 809, 1344, 1910, 1584, 548, 1123],
    &[2346, 1819, 1320, 1620, 1380, 1990, 2133, 2004, 1852, 2170, 1951, 2074, 2281, 242, 373, 1006,
       994, 1200, 1094, 1150, 773, 853, 917, 1423, 2016, 1689, 480, 1224, 124],
    &[2841, 1521, 1054, 1304, 1067, 2282, 2142, 1671, 1361, 1835, 1469, 1729, 1945, 768, 376, 1501,
       1492, 1696, 1588, 1659, 1269, 1448, 1412, 1958, 2524, 2182, 713, 1720, 608, 497],
    &[2712, 1421, 952, 1203, 966, 2186, 2039, 1576, 1380, 1721, 1486, 1625, 1850, 576, 185, 1394,
       1402, 1524, 1484, 1557, 1153, 1258, 1324, 1826, 2544, 2144, 886, 1718, 612, 478, 189],
];

/// By how much a median is to be multiplied for the 99 % quantile, and what is then added [ms].
///
/// SOURCE: an estimate beside the medians, 2026-11.
const TAIL: (f64, f64) = (1.15, 5.0);

/// Returns median and 99 % quantile of the round trip between two regions [ms]; nothing if
/// one of them is not in the table, or if they are the same.
pub(super) fn round_trip_ms(from: &str, to: &str) -> Option<(f64, f64)> {
    let place = |name: &str| REGIONS.binary_search(&name).ok();
    let (from, to) = (place(from)?, place(to)?);
    let median = f64::from(*MEDIANS[from.max(to)].get(from.min(to))?) / 10.0;
    Some((median, median * TAIL.0 + TAIL.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        assert!(REGIONS.is_sorted());
        for (place, row) in MEDIANS.iter().enumerate() {
            assert_eq!(row.len(), place);
            assert!(
                row.iter().all(|&median| (20..6000).contains(&median)),
                "{}",
                REGIONS[place]
            );
        }
    }

    #[test]
    fn pairs_are_found_in_either_order() {
        let over_the_ocean = round_trip_ms("us-east-1", "eu-west-1");

        assert_eq!(over_the_ocean, Some((66.6, 66.6 * TAIL.0 + TAIL.1)));
        assert_eq!(round_trip_ms("eu-west-1", "us-east-1"), over_the_ocean);
        assert_eq!(round_trip_ms("us-east-1", "us-east-1"), None);
        assert_eq!(round_trip_ms("us-east-1", "moon-1"), None);
    }
}
