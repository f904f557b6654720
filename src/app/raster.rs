//! Pictures of a part of the window at any resolution: drawn by a second,
//! invisible egui context and rasterised here, so that nothing flashes on
//! screen, text and lines are drawn at full detail, and no GPU is needed.

use egui::{
    Color32, ColorImage, Context, FullOutput, ImageData, Mesh, Pos2, RawInput, Rect, TextureId, Ui,
    Vec2, ViewportId,
    epaint::{ClippedPrimitive, ImageDelta, Primitive, Vertex},
};
use std::collections::HashMap;

/// Passes that layout needs to settle: sizes measured in one are used in the next.
const PASSES: usize = 4;

/// Draws `contents` in a context made like the one on screen, `size` points
/// large, and returns its pixels.
///
/// `setup` installs fonts, style and memory.
pub fn draw(
    size: Vec2,
    pixels_per_point: f32,
    background: Color32,
    setup: impl FnOnce(&Context),
    mut contents: impl FnMut(&mut Ui),
) -> ColorImage {
    let ctx = Context::default();
    setup(&ctx);
    let mut textures = Textures::default();
    let mut output = FullOutput::default();
    for _ in 0..PASSES {
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, size)),
            ..RawInput::default()
        };
        input
            .viewports
            .entry(ViewportId::ROOT)
            .or_default()
            .native_pixels_per_point = Some(pixels_per_point);
        output = ctx.run_ui(input, |ui| contents(ui));
        textures.update(&output);
    }
    let primitives = ctx.tessellate(output.shapes, output.pixels_per_point);
    let pixels = [
        (size.x * pixels_per_point).round().max(1.0) as usize,
        (size.y * pixels_per_point).round().max(1.0) as usize,
    ];
    let mut canvas = ColorImage::filled(pixels, background);
    for ClippedPrimitive {
        clip_rect,
        primitive,
    } in &primitives
    {
        if let Primitive::Mesh(mesh) = primitive
            && let Some(texture) = textures.0.get(&mesh.texture_id)
        {
            fill_mesh(
                &mut canvas,
                mesh,
                *clip_rect,
                output.pixels_per_point,
                texture,
            );
        }
    }
    canvas
}

#[derive(Default)]
struct Textures(HashMap<TextureId, ColorImage>);

impl Textures {
    fn update(&mut self, output: &FullOutput) {
        for (id, deltas) in &output.textures_delta.set {
            for delta in deltas {
                self.apply(*id, delta);
            }
        }
    }

    fn apply(&mut self, id: TextureId, delta: &ImageDelta) {
        let ImageData::Color(image) = &delta.image;
        match (delta.pos, self.0.get_mut(&id)) {
            (Some([x, y]), Some(texture)) => {
                for row in 0..image.height() {
                    let from = row * image.width();
                    let to = (y + row) * texture.width() + x;
                    if let (Some(source), Some(target)) = (
                        image.pixels.get(from..from + image.width()),
                        texture.pixels.get_mut(to..to + image.width()),
                    ) {
                        target.copy_from_slice(source);
                    }
                }
            }
            _ => {
                self.0.insert(id, ColorImage::clone(image));
            }
        }
    }
}

/// Subpixels per pixel: vertices snap to this grid, so that edge tests are exact
/// integers and triangles that share an edge never draw a pixel twice.
const SUB: f32 = 256.0;

fn fill_mesh(
    canvas: &mut ColorImage,
    mesh: &Mesh,
    clip: Rect,
    pixels_per_point: f32,
    texture: &ColorImage,
) {
    let bound = |v: f32, max: usize| (v * pixels_per_point).round().clamp(0.0, max as f32) as i64;
    let clip = [
        bound(clip.min.x, canvas.width()),
        bound(clip.min.y, canvas.height()),
        bound(clip.max.x, canvas.width()),
        bound(clip.max.y, canvas.height()),
    ];
    for corner in mesh.indices.chunks_exact(3) {
        let vertices = [
            mesh.vertices[corner[0] as usize],
            mesh.vertices[corner[1] as usize],
            mesh.vertices[corner[2] as usize],
        ];
        fill_triangle(canvas, vertices, clip, pixels_per_point, texture);
    }
}

type Point = (i64, i64);

/// Twice the signed area of a, b, p.
fn edge(a: Point, b: Point, p: Point) -> i64 {
    (b.0 - a.0) * (p.1 - a.1) - (b.1 - a.1) * (p.0 - a.0)
}

/// Whether pixels exactly on this edge belong to the triangle.
fn owns_edge(a: Point, b: Point) -> bool {
    b.1 < a.1 || (b.1 == a.1 && b.0 > a.0)
}

fn fill_triangle(
    canvas: &mut ColorImage,
    mut v: [Vertex; 3],
    clip: [i64; 4],
    pixels_per_point: f32,
    texture: &ColorImage,
) {
    let snap = |p: Pos2| -> Point {
        (
            (p.x * pixels_per_point * SUB).round() as i64,
            (p.y * pixels_per_point * SUB).round() as i64,
        )
    };
    let mut p = v.map(|v| snap(v.pos));
    let area = edge(p[0], p[1], p[2]);
    if area == 0 {
        return;
    }
    if area < 0 {
        v.swap(1, 2);
        p.swap(1, 2);
    }
    let area = area.abs() as f32;
    let sub = SUB as i64;
    let min = |f: fn(&Point) -> i64| p.iter().map(f).min().unwrap_or(0).div_euclid(sub);
    let max = |f: fn(&Point) -> i64| p.iter().map(f).max().unwrap_or(0).div_euclid(sub) + 1;
    let (x0, x1) = (min(|p| p.0).max(clip[0]), max(|p| p.0).min(clip[2]));
    let (y0, y1) = (min(|p| p.1).max(clip[1]), max(|p| p.1).min(clip[3]));
    let least = [
        i64::from(!owns_edge(p[1], p[2])),
        i64::from(!owns_edge(p[2], p[0])),
        i64::from(!owns_edge(p[0], p[1])),
    ];
    let plain = v[0].uv == v[1].uv && v[1].uv == v[2].uv;
    let constant = sample(texture, v[0].uv);
    let colors = v.map(|v| v.color.to_array().map(f32::from));
    for y in y0..y1 {
        for x in x0..x1 {
            let at = (x * sub + sub / 2, y * sub + sub / 2);
            let w = [
                edge(p[1], p[2], at),
                edge(p[2], p[0], at),
                edge(p[0], p[1], at),
            ];
            if w.iter().zip(&least).any(|(w, least)| w < least) {
                continue;
            }
            let w = w.map(|w| w as f32 / area);
            let texel = if plain {
                constant
            } else {
                let uv =
                    v[0].uv.to_vec2() * w[0] + v[1].uv.to_vec2() * w[1] + v[2].uv.to_vec2() * w[2];
                sample(texture, uv.to_pos2())
            };
            let mut source = [0.0; 4];
            for (channel, value) in source.iter_mut().enumerate() {
                let color: f32 = (0..3).map(|i| w[i] * colors[i][channel]).sum();
                *value = color * texel[channel] / 255.0;
            }
            let i = y as usize * canvas.width() + x as usize;
            if let Some(pixel) = canvas.pixels.get_mut(i) {
                *pixel = over(source, *pixel);
            }
        }
    }
}

/// Premultiplied source over the pixel that is there, in gamma space as the
/// renderer on screen does it.
fn over(source: [f32; 4], pixel: Color32) -> Color32 {
    let keep = 1.0 - source[3] / 255.0;
    let below = pixel.to_array();
    let mix = |i: usize| {
        (source[i] + f32::from(below[i]) * keep)
            .round()
            .clamp(0.0, 255.0) as u8
    };
    Color32::from_rgba_premultiplied(mix(0), mix(1), mix(2), mix(3))
}

/// Bilinear, clamped to the edge.
fn sample(texture: &ColorImage, uv: Pos2) -> [f32; 4] {
    let (width, height) = (texture.width(), texture.height());
    let x = (uv.x * width as f32 - 0.5).clamp(0.0, width as f32 - 1.0);
    let y = (uv.y * height as f32 - 0.5).clamp(0.0, height as f32 - 1.0);
    let (x0, y0) = (x as usize, y as usize);
    let (x1, y1) = ((x0 + 1).min(width - 1), (y0 + 1).min(height - 1));
    let (fx, fy) = (x - x0 as f32, y - y0 as f32);
    let texel = |x: usize, y: usize| texture.pixels[y * width + x].to_array().map(f32::from);
    let (a, b, c, d) = (texel(x0, y0), texel(x1, y0), texel(x0, y1), texel(x1, y1));
    std::array::from_fn(|i| {
        let top = a[i] + (b[i] - a[i]) * fx;
        let bottom = c[i] + (d[i] - c[i]) * fx;
        top + (bottom - top) * fy
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{Shape, epaint::WHITE_UV};

    fn blank() -> ColorImage {
        ColorImage::filled([8, 8], Color32::BLACK)
    }

    fn white() -> ColorImage {
        ColorImage::filled([1, 1], Color32::WHITE)
    }

    fn quad(color: Color32) -> Mesh {
        let mut mesh = Mesh::default();
        mesh.add_colored_rect(Rect::from_min_max(Pos2::ZERO, Pos2::new(4.0, 4.0)), color);
        mesh
    }

    #[test]
    fn triangles_that_share_an_edge_paint_each_pixel_once() {
        let mut canvas = blank();
        let half = Color32::from_rgba_premultiplied(100, 0, 0, 128);
        fill_mesh(&mut canvas, &quad(half), Rect::EVERYTHING, 1.5, &white());
        for y in 0..8 {
            for x in 0..8 {
                let expected = if x < 6 && y < 6 { 100 } else { 0 };
                assert_eq!(canvas.pixels[8 * y + x].r(), expected, "{x}, {y}");
            }
        }
    }

    #[test]
    fn nothing_is_painted_outside_the_clip_rectangle() {
        let mut canvas = blank();
        let clip = Rect::from_min_max(Pos2::ZERO, Pos2::new(2.0, 3.0));
        fill_mesh(&mut canvas, &quad(Color32::WHITE), clip, 1.0, &white());
        let painted = canvas.pixels.iter().filter(|p| p.r() > 0).count();
        assert_eq!(painted, 6);
    }

    #[test]
    fn colours_blend_between_vertices() {
        let mut mesh = Mesh::default();
        for (x, y, color) in [
            (0.0, 0.0, Color32::BLACK),
            (8.0, 0.0, Color32::WHITE),
            (0.0, 8.0, Color32::BLACK),
        ] {
            mesh.vertices.push(Vertex {
                pos: Pos2::new(x, y),
                uv: WHITE_UV,
                color,
            });
        }
        mesh.indices.extend([0, 1, 2]);
        let mut canvas = blank();
        fill_mesh(&mut canvas, &mesh, Rect::EVERYTHING, 1.0, &white());
        let row: Vec<u8> = (0..7).map(|x| canvas.pixels[x].r()).collect();
        assert!(row.windows(2).all(|w| w[0] < w[1]), "{row:?}");
    }

    #[test]
    fn a_picture_at_twice_the_resolution_has_twice_the_detail() {
        let picture = |scale: f32| {
            draw(
                Vec2::new(40.0, 20.0),
                scale,
                Color32::BLACK,
                |_| {},
                |ui| {
                    // A line half a point wide: only the finer picture resolves it.
                    let rect = Rect::from_min_size(Pos2::new(10.0, 5.0), Vec2::new(0.5, 10.0));
                    ui.painter()
                        .add(Shape::rect_filled(rect, 0.0, Color32::WHITE));
                },
            )
        };
        let (once, twice) = (picture(1.0), picture(4.0));
        assert_eq!(once.size, [40, 20]);
        assert_eq!(twice.size, [160, 80]);
        let brightest = |image: &ColorImage| image.pixels.iter().map(|p| p.r()).max();
        assert!(brightest(&twice) > brightest(&once));
    }
}
