-- The twin of warmth/hysteresis.py for the customers in scope: writes crossings that are to be told
-- and returns them. Parameters: margin, cool_down (interval), now.
WITH ranks (level, rank) AS (
    VALUES ('ice_cold', 0), ('cold', 1), ('cool', 2), ('lukewarm', 3), ('warm', 4), ('hot', 5), ('scorching', 6)
), last AS (
    SELECT DISTINCT ON (x.customer_id) x.customer_id, x.level
    FROM warmth_level_crossings AS x WHERE {crossings}
    ORDER BY x.customer_id, x.crossed_at DESC, x.id DESC
), moved AS (
    SELECT w.customer_id, w.overall_warmth_score AS score, w.warmth_level AS level, n.rank,
        coalesce(l.level, 'ice_cold') AS last_level, p.rank AS last_rank
    FROM customer_warmth AS w
    LEFT JOIN last AS l ON l.customer_id = w.customer_id
    JOIN ranks AS n ON n.level = w.warmth_level
    JOIN ranks AS p ON p.level = coalesce(l.level, 'ice_cold')
    WHERE {warmth} AND w.is_active AND w.warmth_level <> coalesce(l.level, 'ice_cold')
), told AS (
    SELECT m.*, CASE WHEN m.rank > m.last_rank THEN 'up' ELSE 'down' END AS direction,
        CASE WHEN m.rank > m.last_rank THEN 1 ELSE -1 END AS sign
    FROM moved AS m
    JOIN customer_warmth AS w USING (customer_id)
    JOIN LATERAL (
        SELECT a.* FROM warmth_algorithms AS a
        WHERE a.version = w.algorithm_version OR (a.state = 'published' AND a.split_percent = 100)
        ORDER BY a.version = w.algorithm_version DESC LIMIT 1
    ) AS a ON true
    WHERE m.rank > m.last_rank OR m.score < -%(margin)s + CASE m.last_level
        WHEN 'scorching' THEN a.scorching_from WHEN 'hot' THEN a.hot_from WHEN 'warm' THEN a.warm_from
        WHEN 'lukewarm' THEN a.lukewarm_from WHEN 'cool' THEN a.cool_from ELSE a.cold_from END
)
INSERT INTO warmth_level_crossings (customer_id, direction, previous_level, level, score, reason, crossed_at, delivered_at)
SELECT t.customer_id, t.direction, t.last_level, t.level, t.score,
    coalesce((
        SELECT concat_ws(': ', h.change_trigger, nullif(h.change_description, ''))
        FROM customer_warmth AS w JOIN customer_warmth_history AS h ON h.customer_warmth_id = w.id
        WHERE w.customer_id = t.customer_id ORDER BY h.created_at DESC, h.id DESC LIMIT 1
    ), ''), %(now)s, %(delivered_at)s
FROM told AS t
WHERE NOT EXISTS (
    SELECT FROM warmth_level_crossings AS x JOIN ranks AS r ON r.level = x.level
    WHERE x.customer_id = t.customer_id AND x.direction = t.direction
      AND x.crossed_at > %(now)s - %(cool_down)s::interval AND t.sign * r.rank >= t.sign * t.rank
)
ORDER BY t.customer_id
