//! `ftptop` on a terminal: draws what is shown, waits for a key or for the time of the next look.

use std::io;
use std::time::{Duration, Instant};

use ratatui::crossterm::event::{self, Event, KeyEventKind};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use ratatui::{DefaultTerminal, Frame as Canvas};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::super::doing::Doing;
use super::super::watch::{Look, Shown, Watch};
use super::frame::Frame;
use super::keys::{Asked, Keys, MEANINGS};
use crate::scoreboard::BoardError;

/// The longest time between two looks, seconds; ProFTPD's.
pub const SLOWEST: u64 = 15;

/// How long we sleep at a time while nobody wants news.
const STANDING_STILL: Duration = Duration::from_secs(3600);

/// Lines above the rows: the head, a blank one, the titles; and one below them.
const AROUND: u16 = 6;

/// What the screen shows, and how.
struct Screen {
    watch: Watch,
    shown: Shown,
    keys: Keys,
    look: Look,
    delay: Duration,
    next_look: Instant,
    first_row: usize,
    /// Of rows in all, and of those that fit; as drawn last.
    drawn: (usize, usize),
    stands_still: bool,
    explains: bool,
    has_colours: bool,
}

/// Why the screen ended before it was told to.
#[derive(Debug)]
pub enum ScreenError {
    /// The board cannot be read any more.
    Board(BoardError),
    /// The terminal failed.
    Terminal(io::Error),
}

/// Shows the board until somebody presses `q`. The terminal is left as it was, also by TERM.
pub fn run(mut watch: Watch, shown: Shown, delay: Duration) -> Result<(), ScreenError> {
    let look = watch.look().map_err(ScreenError::Board)?;
    let mut terminal = ratatui::try_init().map_err(ScreenError::Terminal)?;
    let screen = Screen {
        watch,
        shown,
        keys: Keys::default(),
        look,
        delay,
        next_look: Instant::now() + delay,
        first_row: 0,
        drawn: (0, 0),
        stands_still: false,
        explains: false,
        has_colours: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    let ended =
        restore_at_signals().map_err(ScreenError::Terminal).and_then(|()| screen.go_on(&mut terminal));
    ratatui::restore();
    ended
}

/// A signal that ends us must not leave the terminal without an echo.
fn restore_at_signals() -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT])?;
    std::thread::spawn(move || {
        let Some(signal) = signals.forever().next() else { return };
        ratatui::restore();
        // Its default action, so that whoever waits for us sees what ended us; where that fails there is no way but out.
        let _ = signal_hook::low_level::emulate_default_handler(signal);
        std::process::exit(1);
    });
    Ok(())
}

impl Screen {
    fn go_on(mut self, terminal: &mut DefaultTerminal) -> Result<(), ScreenError> {
        loop {
            terminal.draw(|canvas| self.draw(canvas)).map_err(ScreenError::Terminal)?;
            match self.wait()? {
                Asked::Quit => return Ok(()),
                asked => self.act(asked)?,
            }
        }
    }

    /// Until a key is pressed, the window changes its size or it is time to look again.
    fn wait(&mut self) -> Result<Asked, ScreenError> {
        let left = self.next_look.saturating_duration_since(Instant::now());
        let left = if self.stands_still { STANDING_STILL } else { left };
        if !event::poll(left).map_err(ScreenError::Terminal)? {
            return Ok(if self.stands_still { Asked::Draw } else { Asked::Look });
        }
        match event::read().map_err(ScreenError::Terminal)? {
            Event::Key(key) if key.kind != KeyEventKind::Release => Ok(self.keys.press(key, &mut self.shown)),
            _ => Ok(Asked::Draw),
        }
    }

    fn act(&mut self, asked: Asked) -> Result<(), ScreenError> {
        let (_, page) = self.drawn;
        match asked {
            Asked::Look => {
                self.look = self.watch.look().map_err(ScreenError::Board)?;
                self.next_look = Instant::now() + self.delay;
            }
            Asked::Scroll(rows) => self.first_row = self.first_row.saturating_add_signed(rows),
            Asked::Page(pages) => {
                let page = isize::try_from(page).unwrap_or(isize::MAX);
                self.first_row = self.first_row.saturating_add_signed(pages.saturating_mul(page));
            }
            Asked::Slower(seconds) => {
                let seconds = self.delay.as_secs().saturating_add_signed(seconds);
                self.delay = Duration::from_secs(seconds.clamp(1, SLOWEST));
                self.next_look = Instant::now() + self.delay;
            }
            Asked::Pause => self.stands_still = !self.stands_still,
            Asked::Help => self.explains = !self.explains,
            Asked::Draw | Asked::Quit => {}
        }
        Ok(())
    }

    fn draw(&mut self, canvas: &mut Canvas) {
        let area = canvas.area();
        let page = usize::from(area.height.saturating_sub(AROUND));
        let width = usize::from(area.width);
        let mut frame = self.frame(page, width);
        if self.first_row + page > frame.count && self.first_row > 0 {
            self.first_row = frame.count.saturating_sub(page);
            frame = self.frame(page, width);
        }
        self.drawn = (frame.count, page);
        let rows = [Constraint::Length(4), Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)];
        let [head, titles, body, foot] = Layout::vertical(rows).areas(area);
        canvas.render_widget(Paragraph::new(self.head(&frame)), head);
        canvas.render_widget(Paragraph::new(frame.titles.clone()).reversed(), titles);
        canvas.render_widget(Paragraph::new(self.body(&frame)), body);
        canvas.render_widget(Paragraph::new(self.foot(&frame)).dim(), foot);
    }

    fn frame(&self, page: usize, width: usize) -> Frame {
        Frame::of(&self.look, &self.shown, self.first_row..self.first_row.saturating_add(page), width)
    }

    fn head(&self, frame: &Frame) -> Vec<Line<'static>> {
        let [clock, counts, notes] = frame.head.clone();
        vec![Line::from(clock), Line::from(counts).bold(), Line::from(notes).dim(), Line::default()]
    }

    fn body(&self, frame: &Frame) -> Vec<Line<'static>> {
        if self.explains {
            return MEANINGS
                .iter()
                .map(|(key, meaning)| Line::from(format!("{key:>14}  {meaning}")))
                .collect();
        }
        frame
            .lines
            .iter()
            .map(|(doing, line)| Line::from(Span::styled(line.clone(), self.style(*doing))))
            .collect()
    }

    fn style(&self, doing: Option<Doing>) -> Style {
        let Some(doing) = doing.filter(|_| self.has_colours) else { return Style::new() };
        match doing {
            Doing::Authenticating => Style::new().fg(Color::Yellow),
            Doing::Downloading => Style::new().fg(Color::Green),
            Doing::Uploading => Style::new().fg(Color::Cyan),
            Doing::Idle => Style::new().dim(),
            Doing::Listing | Doing::Command => Style::new(),
        }
    }

    fn foot(&self, frame: &Frame) -> String {
        if self.keys.typing {
            return format!("/{}_", self.shown.text);
        }
        let last = (self.first_row + frame.lines.len()).min(frame.count);
        let first = if frame.lines.is_empty() { 0 } else { self.first_row + 1 };
        let state = if self.stands_still {
            "standing still".to_owned()
        } else {
            format!("every {} s", self.delay.as_secs())
        };
        format!(
            "{first}-{last} of {}  {state}  q end  t speeds  g together  s order  / text  h all keys",
            frame.count
        )
    }
}
